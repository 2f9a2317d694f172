using System.Diagnostics;

namespace Dapr.Anomaly.Cli.Processes;

/// <summary>
/// A child process of this program that serves HTTP and says where in its first line. It ends when this process does, however that ends.
/// </summary>
internal sealed class ListeningProcess : IRunningPart
{
    private const string Listening = "listening on ";

    private static readonly TimeSpan StartsWithin = TimeSpan.FromMinutes(2);

    private readonly ChildProcess _process;

    private ListeningProcess(ChildProcess process, Uri address)
    {
        (_process, Address) = (process, address);
        Ended = EndAsync();
    }

    public int Id => _process.Id;

    public Uri Address { get; }

    /// <summary>Never null: a server always has more to do.</summary>
    public Task<string?> Ended { get; }

    /// <summary>Returns when the child listens.</summary>
    /// <param name="arguments">Of this program's command line.</param>
    /// <param name="environment">Settings of the child's runtime.</param>
    /// <param name="background">At the lowest CPU priority.</param>
    /// <exception cref="UserException">It ended instead; with its own reason.</exception>
    public static async Task<ListeningProcess> StartAsync(
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        bool background,
        CancellationToken cancellationToken
    )
    {
        var start = SelfCommand.Create(arguments, background);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = ChildProcess.Start(
            start,
            line =>
            {
                if (line.StartsWith(Listening, StringComparison.Ordinal))
                    address.TrySetResult(new Uri(line[Listening.Length..]));
            },
            guard: null
        );
        try
        {
            if (background && OperatingSystem.IsWindows())
                LowerPriority(process.Id);
            await Task.WhenAny(address.Task, process.Ended).WaitAsync(StartsWithin, cancellationToken);
            return address.Task.IsCompleted
                ? new(process, await address.Task)
                : throw new UserException($"{string.Join(' ', arguments.Take(2))} {await process.Ended}", ExitCodes.Failure);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the child calls once it listens.</summary>
    public static Task SayAsync(WebApplication app) => System.Console.Out.WriteLineAsync($"{Listening}{app.Urls.First()}");

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task<string?> EndAsync() => await _process.Ended;

    private static void LowerPriority(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.PriorityClass = ProcessPriorityClass.Idle;
    }
}
