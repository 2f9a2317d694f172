using System.Diagnostics;
using System.Globalization;
using Dapr.Anomaly.Cli.Processes;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>
/// The trainer as a child process, so that learning never takes what scoring needs: the lowest CPU priority, one core less than there are, a heap of its own
/// that goes back to the system when the training is over.
/// </summary>
internal sealed class TrainerProcess : IRunningPart
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromMinutes(2);

    private readonly ChildProcess _process;

    private TrainerProcess(ChildProcess process, int port) => (_process, Port, Ended) = (process, port, EndAsync(process));

    public int Id => _process.Id;

    /// <summary>Where it listens on the loopback interface.</summary>
    public int Port { get; }

    /// <summary>Never null: a trainer always has more to do.</summary>
    public Task<string?> Ended { get; }

    /// <summary>Returns when the service listens.</summary>
    /// <param name="settings">As for every service, as <c>--KEY=VALUE</c>.</param>
    /// <exception cref="UserException">It ended instead; with its own reason.</exception>
    public static async Task<TrainerProcess> StartAsync(IEnumerable<string> settings, CancellationToken cancellationToken)
    {
        var start = SelfCommand.Create(ServiceCommand.Arguments(Apps.Trainer, settings), background: true);
        foreach (var (name, value) in RuntimeSettings())
            start.Environment[name] = value;
        var listening = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = ChildProcess.Start(
            start,
            line =>
            {
                if (line.StartsWith(ServiceCommand.Listening, StringComparison.Ordinal))
                    listening.TrySetResult(new Uri(line[ServiceCommand.Listening.Length..]));
            },
            guard: null
        );
        try
        {
            if (OperatingSystem.IsWindows())
                LowerPriority(process.Id);
            await Task.WhenAny(listening.Task, process.Ended).WaitAsync(StartsWithin, cancellationToken);
            return listening.Task.IsCompleted
                ? new(process, (await listening.Task).Port)
                : throw new UserException($"{Apps.Trainer} {await process.Ended}", ExitCodes.Failure);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    /// <summary>Numbers are hexadecimal where .NET wants them so.</summary>
    private static Dictionary<string, string> RuntimeSettings() =>
        new()
        {
            ["DOTNET_PROCESSOR_COUNT"] = Math.Max(1, Environment.ProcessorCount - 1).ToString("x", CultureInfo.InvariantCulture),
            ["DOTNET_gcServer"] = "0",
            ["DOTNET_gcConcurrent"] = "0",
            ["DOTNET_GCConserveMemory"] = "5",
            ["DOTNET_GCgen0MaxBudget"] = "1000000",
            ["DOTNET_TieredPGO"] = "0",
        };

    private static async Task<string?> EndAsync(ChildProcess process) => await process.Ended;

    private static void LowerPriority(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.PriorityClass = ProcessPriorityClass.Idle;
    }
}
