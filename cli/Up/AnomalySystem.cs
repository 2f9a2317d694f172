using System.Globalization;
using Dapr.Anomaly.Cli.Processes;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Embedded;

namespace Dapr.Anomaly.Cli.Up;

/// <summary>
/// The whole system: the embedded Dapr runtime with a sidecar for each service, and the services, which cannot tell where they run. All are in this
/// process but the trainer, which is a child. A part that cannot start ends the start with its reason; one that ends later is started again.
/// </summary>
public sealed class AnomalySystem : IAsyncDisposable
{
    private readonly EmbeddedDapr _dapr;
    private readonly AnomalySystemOptions _options;
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly Dictionary<string, SupervisedPart> _parts = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly SystemTokens _tokens = SystemTokens.Create(Environment.GetEnvironmentVariable);
    private volatile ListeningProcess? _trainer;
    private Task _memory = Task.CompletedTask;

    private AnomalySystem(EmbeddedDapr dapr, AnomalySystemOptions options, DataDirectory data, ILoggerFactory logs)
    {
        (_dapr, _options, Data, _logs) = (dapr, options, data, logs);
        _log = logs.CreateLogger<AnomalySystem>();
    }

    /// <summary>A service has ended and will be started again, or it is well again.</summary>
    public event Action<PartChange>? PartChanged;

    public DataDirectory Data { get; }

    public int ComponentCount => Directory.GetFiles(Data.Components, "*.yaml").Length;

    public int AppCount => _parts.Count;

    /// <summary>Where the console listens.</summary>
    public Uri Console { get; private set; } = new("http://127.0.0.1");

    /// <summary>The console's page, with its token.</summary>
    public Uri ConsolePage => SystemTokens.PageOf(Console, _tokens.Console);

    /// <summary>Token of the trainer's sidecar, through which the system is called from outside.</summary>
    public string ApiToken => _tokens.Of(Apps.Trainer).Api;

    /// <summary>Process id of the trainer that runs now.</summary>
    public int TrainerProcessId => _trainer!.Id;

    /// <summary>The sidecar of a service.</summary>
    public Sidecar Sidecar(string appId) => _dapr.Sidecars[appId];

    public static async Task<AnomalySystem> StartAsync(AnomalySystemOptions options, CancellationToken cancellationToken)
    {
        var data = DataDirectory.Prepare(options);
        var logs = CreateLogs(data);
        var dapr = await EmbeddedDapr.StartAsync(Daprd.SidecarFolders.Options(data.Runtime, logs), cancellationToken);
        var system = new AnomalySystem(dapr, options, data, logs);
        try
        {
            await system.StartServicesAsync(cancellationToken);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    private static ILoggerFactory CreateLogs(DataDirectory data)
    {
        try
        {
            return SystemLog.CreateForRuntime(data.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DataDirectory.NotWritable(data.Path, e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _memory;
        // Ctrl-C reaches the whole terminal, so a child may end before it is asked to.
        foreach (var part in _parts.Values)
            await part.StopWatchingAsync();
        // Who calls stops before who is called; the sidecars go last.
        foreach (var (appId, _) in ServiceList.All.Reverse())
            if (_parts.Remove(appId, out var part))
                await part.DisposeAsync();
        await _dapr.DisposeAsync();
        _logs.Dispose();
        _stop.Dispose();
    }

    private async Task StartServicesAsync(CancellationToken cancellationToken)
    {
        // The child takes as long to start as all others together.
        await AddSidecarAsync(Apps.Trainer, _options.RuntimePort, cancellationToken);
        var trainer = SuperviseAsync(Apps.Trainer, StartTrainerAsync, cancellationToken);
        try
        {
            foreach (var (appId, build) in ServiceList.All.Where(s => s.AppId != Apps.Trainer))
            {
                await AddSidecarAsync(appId, port: 0, cancellationToken);
                _parts[appId] = await SuperviseAsync(appId, token => StartServiceAsync(appId, build, token), cancellationToken);
            }
        }
        finally
        {
            _parts[Apps.Trainer] = await trainer;
        }
        foreach (var sidecar in _dapr.Sidecars.Values)
            await sidecar.ReadyAsync(cancellationToken);
        _memory = IdleMemory.OfThisProcess(TimeProvider.System).RunAsync(_stop.Token);
    }

    private Task AddSidecarAsync(string appId, int port, CancellationToken cancellationToken) =>
        _dapr.AddSidecarAsync(
            new SidecarOptions
            {
                AppId = appId,
                HttpPort = port,
                ResourcesPaths = [Data.Components],
                ApiToken = _tokens.Of(appId).Api,
                AppApiToken = _tokens.Of(appId).App,
                AllowedHosts = AnomalyApp.AllowedHosts(Setting(AnomalyApp.AllowedHostsKey)),
            },
            cancellationToken
        );

    /// <exception cref="UserException">It cannot start; the message says why.</exception>
    private async Task<SupervisedPart> SuperviseAsync(
        string appId,
        Func<CancellationToken, Task<IRunningPart>> start,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await SupervisedPart.StartAsync(appId, start, Tell, TimeProvider.System, cancellationToken);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            // A port that is taken, a child that does not come up.
            throw new UserException($"{appId} cannot start: {e.Message}", ExitCodes.Failure);
        }
    }

    private async Task<IRunningPart> StartServiceAsync(string appId, Func<string[], WebApplication> build, CancellationToken cancellationToken)
    {
        string[] settings = [.. Settings(appId).Select(s => $"--{s.Key}={s.Value}")];
        var service = await ServiceInProcess.StartAsync(build(settings), cancellationToken);
        if (appId == Apps.Console)
            Console = service.Address;
        Sidecar(appId).ConnectApp(service.Address.Port);
        return service;
    }

    private async Task<IRunningPart> StartTrainerAsync(CancellationToken cancellationToken)
    {
        var trainer = await TrainerProcess.StartAsync(Settings(Apps.Trainer), cancellationToken);
        _trainer = trainer;
        Sidecar(Apps.Trainer).ConnectApp(trainer.Address.Port);
        return trainer;
    }

    private Dictionary<string, string> Settings(string appId)
    {
        var sidecar = Sidecar(appId);
        var tokens = _tokens.Of(appId);
        Dictionary<string, string?> settings = new(_options.Settings.ToDictionary(s => s.Key, s => (string?)s.Value))
        {
            ["DAPR_HTTP_ENDPOINT"] = sidecar.HttpEndpoint.ToString(),
            ["DAPR_GRPC_ENDPOINT"] = sidecar.GrpcEndpoint.ToString(),
            ["ANOMALY_CONFIG"] = _options.ConfigurationPath,
            ["ANOMALY_PROMETHEUS_URL"] = _options.PrometheusUrl?.ToString(),
            ["ANOMALY_REGISTRY"] = Data.Registry,
            ["ANOMALY_LOG_FILE"] = SystemLog.FileOf(Data.Path, appId),
            ["APP_PORT"] = appId == Apps.Console ? _options.ConsolePort.ToString(CultureInfo.InvariantCulture) : "0",
            [SystemTokens.ApiTokenKey] = tokens.Api,
            [SystemTokens.AppTokenKey] = tokens.App,
            [AnomalyApp.ConsoleTokenKey] = appId == Apps.Console ? _tokens.Console : null,
        };
        return settings.Where(s => s.Value is not null).ToDictionary(s => s.Key, s => s.Value!);
    }

    private string? Setting(string key) => _options.Settings.GetValueOrDefault(key) ?? Environment.GetEnvironmentVariable(key);

    private void Tell(PartChange change)
    {
        _log.Log(change.IsUp ? LogLevel.Information : LogLevel.Warning, "{Part}: {Text}", change.Part, change.Text);
        PartChanged?.Invoke(change);
    }
}
