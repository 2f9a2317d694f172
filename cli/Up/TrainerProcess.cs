using System.Globalization;
using Dapr.Anomaly.Cli.Processes;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>
/// The trainer as a child process, so that learning never takes what scoring needs: the lowest CPU priority, one core less than there are, a heap
/// of its own that goes back to the system when the training is over.
/// </summary>
internal static class TrainerProcess
{
    /// <param name="settings">As for every service. They go by environment: a command line can be read by every user of the machine.</param>
    /// <exception cref="UserException">It cannot start; with its own reason.</exception>
    public static Task<ListeningProcess> StartAsync(IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken) =>
        ListeningProcess.StartAsync(
            ServiceCommand.Arguments(Apps.Trainer),
            settings.Concat(RuntimeSettings()).ToDictionary(),
            background: true,
            cancellationToken
        );

    /// <summary>Numbers are hexadecimal, as .NET wants them.</summary>
    private static Dictionary<string, string> RuntimeSettings() =>
        new()
        {
            ["DOTNET_PROCESSOR_COUNT"] = Math.Max(1, Environment.ProcessorCount - 1).ToString("x", CultureInfo.InvariantCulture),
            // Learning keeps a thread of the pool for each core that it may use; calls and pings of the sidecar need others, at once.
            ["DOTNET_ThreadPool_ForceMinWorkerThreads"] = "10",
            ["DOTNET_gcServer"] = "0",
            ["DOTNET_gcConcurrent"] = "0",
            ["DOTNET_GCConserveMemory"] = "5",
            ["DOTNET_GCgen0MaxBudget"] = "1000000",
            ["DOTNET_TieredPGO"] = "0",
            ["DOTNET_TC_QuickJit"] = "1",
        };
}
