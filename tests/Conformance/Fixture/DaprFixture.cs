using System.Net;
using Dapr.Client;
using Dapr.Conformance.Tests.Backends;
using Grpc.Net.Client;

[assembly: AssemblyFixture(typeof(Dapr.Conformance.Tests.Fixture.DaprFixture))]

namespace Dapr.Conformance.Tests.Fixture;

/// <summary>
/// Three sidecars of the chosen backend with their apps: <c>probe</c>, which most cases call, its peer, and one that wants a token.
/// </summary>
public sealed class DaprFixture : IAsyncLifetime
{
    internal const string Token = "tok-1";
    internal const string AppToken = "app-tok-1";

    private readonly string _folder = Directory.CreateTempSubdirectory("conformance-").FullName;
    private readonly ApiCoverage _coverage = new();
    private readonly IDaprBackend? _backend;
    private readonly string? _cannotRun;
    private readonly List<IAsyncDisposable> _apps = [];
    private readonly Dictionary<string, RunningSidecar> _more = [];

    public DaprFixture() => (_backend, _cannotRun) = BackendChoice.Make();

    internal RecordingApp App { get; private set; } = null!;

    internal RecordingApp PeerApp { get; private set; } = null!;

    internal RecordingApp TokenApp { get; private set; } = null!;

    internal RunningSidecar Sidecar { get; private set; } = null!;

    internal RunningSidecar Peer { get; private set; } = null!;

    internal RunningSidecar Guarded { get; private set; } = null!;

    /// <summary>The folder of the run, where secrets, files and databases lie.</summary>
    internal string Folder => _folder;

    internal string BackendName => _backend?.Name ?? "none";

    /// <summary>Skips the test where the backend cannot run, with the reason.</summary>
    internal void Require() => Assert.SkipWhen(_cannotRun is not null, _cannotRun ?? "");

    public async ValueTask InitializeAsync()
    {
        if (_backend is null)
            return;
        var cancellation = TestContext.Current.CancellationToken;
        var host = _backend.AppHost == "127.0.0.1" ? IPAddress.Loopback : IPAddress.Any;
        App = await AddAppAsync(ResourceFolder.ReadText("subscriptions.json"), host, cancellation);
        PeerApp = await AddAppAsync("[]", host, cancellation);
        TokenApp = await AddAppAsync("[]", host, cancellation);

        var resources = ResourceFolder.Write(_folder, "probe", _backend, App.Port, isMain: true);
        var plain = ResourceFolder.Write(_folder, "plain", _backend, PeerApp.Port, isMain: false);
        Sidecar = await _backend.StartAsync(new SidecarSpec("probe", App.Port, resources, Path.Combine(resources, "config.conf")), cancellation);
        Peer = await _backend.StartAsync(new SidecarSpec("probe-peer", PeerApp.Port, plain), cancellation);
        Guarded = await _backend.StartAsync(new SidecarSpec("probe-token", TokenApp.Port, plain, ApiToken: Token, AppToken: AppToken), cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_backend is not null)
        {
            await _backend.DisposeAsync();
            foreach (var app in _apps)
                await app.DisposeAsync();
            if (Environment.GetEnvironmentVariable("CONFORMANCE_REPORT") is { Length: > 0 } report)
                await File.WriteAllTextAsync(report, _coverage.Report(_backend.Name));
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A client for plain requests that follows no redirect.</summary>
    internal HttpClient Http(RunningSidecar sidecar) =>
        new(_coverage.Watch(new SocketsHttpHandler { AllowAutoRedirect = false })) { BaseAddress = sidecar.Http, Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>Options for gRPC channels whose calls are counted.</summary>
    internal GrpcChannelOptions GrpcOptions() =>
        new() { HttpHandler = _coverage.Watch(new SocketsHttpHandler { EnableMultipleHttp2Connections = true }), MaxReceiveMessageSize = null };

    /// <summary>The NuGet client, connected to a sidecar.</summary>
    internal DaprClient Client(RunningSidecar sidecar, string? token = null)
    {
        var builder = new DaprClientBuilder()
            .UseHttpEndpoint(sidecar.Http.ToString())
            .UseGrpcEndpoint(sidecar.Grpc.ToString())
            .UseGrpcChannelOptions(GrpcOptions());
        return (token is null ? builder : builder.UseDaprApiToken(token)).Build();
    }

    /// <summary>A further sidecar without resources of the probe, started when first asked for.</summary>
    internal async Task<RunningSidecar> SidecarAsync(string appId, int? appPort, CancellationToken cancellationToken)
    {
        if (_more.TryGetValue(appId, out var known))
            return known;
        var folder = ResourceFolder.Write(_folder, appId, _backend!, appPort ?? 0, isMain: false);
        return _more[appId] = await _backend!.StartAsync(new SidecarSpec(appId, appPort, folder), cancellationToken);
    }

    private async Task<RecordingApp> AddAppAsync(string subscriptions, IPAddress host, CancellationToken cancellationToken)
    {
        var app = await RecordingApp.StartAsync(subscriptions, host, cancellationToken);
        _apps.Add(app);
        return app;
    }
}
