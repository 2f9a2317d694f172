using System.Runtime;
using System.Runtime.InteropServices;

namespace Dapr.Anomaly.Cli.Processes;

/// <summary>
/// Gives memory back to the system once a burst of work (a start, a training) is over. The garbage collector alone keeps what it once had, since it
/// cannot know that a process will do little for hours.
/// </summary>
/// <param name="use">CPU time and resident memory of this process; a test brings its own.</param>
/// <param name="giveBack">Gives back what can be given.</param>
internal sealed class IdleMemory(Func<(TimeSpan Cpu, long Resident)> use, Action giveBack, TimeProvider time)
{
    /// <summary>How long a process has to be idle.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>A full collection stops the process for some hundred milliseconds where there are many series.</summary>
    public static readonly TimeSpan NoSoonerThan = TimeSpan.FromMinutes(2);

    /// <summary>Less CPU than this share of a look is idle.</summary>
    private const double IdleShare = 0.25;

    /// <summary>What is worth it: more than this beyond what was left after the last time.</summary>
    private const double Growth = 1.2;

    public static IdleMemory OfThisProcess(TimeProvider time) => new(() => (Environment.CpuUsage.TotalTime, Environment.WorkingSet), GiveBack, time);

    /// <summary>Returns when cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (cpu, _) = use();
        var (left, last) = (0L, DateTimeOffset.MinValue);
        while (true)
        {
            await Task.Delay(Look, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
                return;
            var (now, resident) = use();
            var isIdle = now - cpu < IdleShare * Look;
            cpu = now;
            if (!isIdle || resident < Growth * left || time.GetUtcNow() - last < NoSoonerThan)
                continue;
            giveBack();
            (cpu, left) = use();
            last = time.GetUtcNow();
        }
    }

    /// <summary>A full, compacting collection, after which free pages go back, those of native code, too.</summary>
    private static void GiveBack()
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
