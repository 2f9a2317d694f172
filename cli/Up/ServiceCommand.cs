using System.CommandLine;
using Dapr.Anomaly.Cli.Processes;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>
/// anomaly service NAME: one service as a child process of anomaly up, with its settings in its environment. It says where it listens in its first
/// line and ends when its parent does. Not for people, who have the services' own programs.
/// </summary>
internal static class ServiceCommand
{
    public const string Name = "service";

    /// <summary>Workflows go on after a restart, so that nothing is worth waiting for longer.</summary>
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(3);

    public static Command Create()
    {
        var name = new Argument<string>("name");
        var command = new Command(Name, "Run one service as a child of anomaly up") { name };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(name), cancellationToken));
        return command;
    }

    /// <summary>Command line of a child.</summary>
    public static IReadOnlyList<string> Arguments(string appId) => [Name, appId];

    private static async Task<int> RunAsync(string name, CancellationToken cancellationToken)
    {
        var service = ServiceList.All.FirstOrDefault(s => s.AppId == name);
        if (service.Build is null)
            throw new UserException(
                $"service: \"{name}\" is not known; write one of {string.Join(", ", ServiceList.All.Select(s => s.AppId))}",
                ExitCodes.BadConfiguration
            );
        var parentGone = ParentLink.GoneAsync();
        var app = service.Build([]);
        await app.StartAsync(cancellationToken);
        await ListeningProcess.SayAsync(app);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, app.Lifetime.ApplicationStopping);
        var memory = IdleMemory.OfThisProcess(TimeProvider.System).RunAsync(stop.Token);
        await Task.WhenAny(parentGone, memory);
        await stop.CancelAsync();
        await memory;
        using var limit = new CancellationTokenSource(StopWithin);
        await app.StopAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Not disposed: work that does not heed the stop is on background threads, which end with the process, and disposing would wait for it.
        return ExitCodes.Success;
    }
}
