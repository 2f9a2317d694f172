using Dapr.Anomaly.Platform.Messages;
using Dapr.Embedded;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>The whole system in one process: the embedded Dapr runtime with a sidecar for each service, and the services, which cannot tell where they run.</summary>
public sealed class AnomalySystem : IAsyncDisposable
{
    private readonly EmbeddedDapr _dapr;
    private readonly ILoggerFactory _logs;
    private readonly Dictionary<string, WebApplication> _apps = [];

    private AnomalySystem(EmbeddedDapr dapr, DataDirectory data, ILoggerFactory logs) => (_dapr, Data, _logs) = (dapr, data, logs);

    public DataDirectory Data { get; }

    public int ComponentCount => Directory.GetFiles(Data.Components, "*.yaml").Length;

    public int AppCount => _apps.Count;

    /// <summary>The sidecar of a service.</summary>
    public Sidecar Sidecar(string appId) => _dapr.Sidecars[appId];

    /// <summary>Address on which a service listens.</summary>
    public Uri Address(string appId) => new(_apps[appId].Urls.First());

    public static async Task<AnomalySystem> StartAsync(AnomalySystemOptions options, CancellationToken cancellationToken)
    {
        var data = DataDirectory.Prepare(options);
        var logs = SystemLog.CreateForRuntime(data.Path);
        var dapr = await EmbeddedDapr.StartAsync(Daprd.SidecarFolders.Options(data.Runtime, logs), cancellationToken);
        var system = new AnomalySystem(dapr, data, logs);
        try
        {
            foreach (var (appId, build) in ServiceList.All)
                await system.StartServiceAsync(appId, build, options, cancellationToken);
            foreach (var sidecar in dapr.Sidecars.Values)
                await sidecar.ReadyAsync(cancellationToken);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Who calls stops before who is called; the sidecars go last.
        foreach (var (appId, _) in ServiceList.All.Reverse())
            if (_apps.Remove(appId, out var app))
            {
                await app.StopAsync();
                await app.DisposeAsync();
            }
        await _dapr.DisposeAsync();
        _logs.Dispose();
    }

    private async Task StartServiceAsync(
        string appId,
        Func<string[], WebApplication> build,
        AnomalySystemOptions options,
        CancellationToken cancellationToken
    )
    {
        var sidecar = await _dapr.AddSidecarAsync(
            new SidecarOptions
            {
                AppId = appId,
                HttpPort = appId == Apps.Trainer ? options.RuntimePort : 0,
                ResourcesPaths = [Data.Components],
            },
            cancellationToken
        );

        Dictionary<string, string?> settings = new(options.Settings.ToDictionary(s => s.Key, s => (string?)s.Value))
        {
            ["DAPR_HTTP_ENDPOINT"] = sidecar.HttpEndpoint.ToString(),
            ["DAPR_GRPC_ENDPOINT"] = sidecar.GrpcEndpoint.ToString(),
            ["ANOMALY_CONFIG"] = options.ConfigurationPath,
            ["ANOMALY_PROMETHEUS_URL"] = options.PrometheusUrl?.ToString(),
            ["ANOMALY_REGISTRY"] = Data.Registry,
            ["ANOMALY_LOG_FILE"] = SystemLog.FileOf(Data.Path, appId),
            ["APP_PORT"] = appId == Apps.Console ? options.ConsolePort.ToString(System.Globalization.CultureInfo.InvariantCulture) : "0",
        };
        var app = build([.. settings.Where(s => s.Value is not null).Select(s => $"--{s.Key}={s.Value}")]);
        _apps[appId] = app;
        await app.StartAsync(cancellationToken);
        sidecar.ConnectApp(Address(appId).Port);
    }
}
