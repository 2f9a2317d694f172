using System.Runtime;
using System.Runtime.InteropServices;

namespace Dapr.Anomaly.Cli.Processes;

/// <summary>
/// Gives memory back to the system once a burst of work (a training) is over. The garbage collector alone keeps what it once had, since it cannot know
/// that a process will do nothing for hours.
/// </summary>
internal sealed class IdleMemory(TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>Less CPU than this share of a look is doing nothing.</summary>
    private const double IdleShare = 0.1;

    /// <summary>Allocating more than this is a burst that is worth a full collection of some tens of milliseconds.</summary>
    private const long BurstBytes = 32L * 1024 * 1024;

    /// <summary>Returns when cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (cpu, returnedAt) = (Environment.CpuUsage.TotalTime, 0L);
        while (true)
        {
            await Task.Delay(Look, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
                return;
            var now = Environment.CpuUsage.TotalTime;
            var isIdle = now - cpu < IdleShare * Look;
            cpu = now;
            var allocated = GC.GetTotalAllocatedBytes();
            if (!isIdle || allocated - returnedAt < BurstBytes)
                continue;
            Return();
            returnedAt = GC.GetTotalAllocatedBytes();
        }
    }

    /// <summary>A full, compacting collection, after which free pages go back, those of native code, too.</summary>
    public static void Return()
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = TrimHeap(0);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // Not glibc (musl has no such function): native memory stays as it is.
        }
    }

    [DllImport("libc.so.6", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int TrimHeap(nint pad);
}
