using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Embedded;
using Dapr.Embedded.Daprd;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>The apps of a run file as <c>anomaly up --processes</c> starts them: guarded as those of <c>anomaly up</c> in one process.</summary>
internal sealed class ProcessApps(SystemTokens tokens, Func<string, string?> environment)
{
    private int? _consolePort;

    /// <summary>Gives each sidecar and its app their tokens; the apps get them by environment.</summary>
    public RunFile Guard(RunFile file)
    {
        _consolePort = file.Apps.FirstOrDefault(app => app.Sidecar.AppId == Apps.Console)?.Sidecar.AppPort;
        return file with { Apps = [.. file.Apps.Select(Guard)] };
    }

    /// <summary>Where the system is called, for other commands; null when the file has no trainer.</summary>
    public Session? SessionOf(EmbeddedDapr dapr) =>
        dapr.Sidecars.TryGetValue(Apps.Trainer, out var trainer)
            ? new(
                trainer.HttpEndpoint,
                trainer.GrpcEndpoint,
                SystemTokens.PageOf(new($"http://127.0.0.1:{_consolePort ?? 80}"), tokens.Console),
                null,
                Environment.ProcessId,
                tokens.Of(Apps.Trainer).Api
            )
            : null;

    private RunFileApp Guard(RunFileApp app)
    {
        var own = tokens.Of(app.Sidecar.AppId);
        return app with
        {
            Sidecar = app.Sidecar with
            {
                ApiToken = own.Api,
                AppApiToken = own.App,
                AllowedHosts = AnomalyApp.AllowedHosts(environment(AnomalyApp.AllowedHostsKey)),
            },
            Environment =
                app.Sidecar.AppId == Apps.Console
                    ? new Dictionary<string, string>(app.Environment) { [AnomalyApp.ConsoleTokenKey] = tokens.Console }
                    : app.Environment,
        };
    }
}
