using Dapr.Client;
using Dapr.Embedded;

namespace Dapr.Anomaly.Services.Tests.Support;

/// <summary>One or more services on an embedded Dapr of their own, with the components of components/local over a temporary folder.</summary>
internal sealed class TestDapr : IAsyncDisposable
{
    private readonly EmbeddedDapr _dapr;
    private readonly List<WebApplication> _apps = [];

    private TestDapr(EmbeddedDapr dapr, Cli.Up.DataDirectory data) => (_dapr, Data) = (dapr, data);

    public Cli.Up.DataDirectory Data { get; }

    public EmbeddedDapr Runtime => _dapr;

    public static async Task<TestDapr> StartAsync(string folder, Uri? receiver = null)
    {
        Dictionary<string, IReadOnlyDictionary<string, string>> secrets = [];
        if (receiver is not null)
            foreach (var name in Cli.Up.Receivers.All)
                secrets[name] = new Dictionary<string, string> { ["url"] = new Uri(receiver, name).ToString(), ["routing-key"] = "test-key" };
        var data = Cli.Up.DataDirectory.Prepare(
            new(null, null, folder, Path.Combine(AppContext.BaseDirectory, "components", "local"), 0, 0, secrets, new Dictionary<string, string>())
        );
        return new(await EmbeddedDapr.StartAsync(new EmbeddedDaprOptions { DataDirectory = data.Runtime }, CancellationToken.None), data);
    }

    /// <summary>Starts a service with its sidecar and waits until it is subscribed.</summary>
    public async Task<(WebApplication App, Sidecar Sidecar)> AddAsync(string appId, Func<string[], WebApplication> build, params string[] settings)
    {
        var sidecar = await _dapr.AddSidecarAsync(new SidecarOptions { AppId = appId, ResourcesPaths = [Data.Components] }, CancellationToken.None);
        var app = build([
            $"--DAPR_HTTP_ENDPOINT={sidecar.HttpEndpoint}",
            $"--DAPR_GRPC_ENDPOINT={sidecar.GrpcEndpoint}",
            $"--ANOMALY_REGISTRY={Data.Registry}",
            $"--ANOMALY_LOG_FILE={Path.Combine(Data.Path, "logs", appId + ".log")}",
            .. settings,
        ]);
        _apps.Add(app);
        await app.StartAsync();
        sidecar.ConnectApp(new Uri(app.Urls.First()).Port);
        await sidecar.ReadyAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        return (app, sidecar);
    }

    /// <summary>A client of a sidecar that has no app behind it.</summary>
    public async Task<DaprClient> ClientAsync(string appId = "test")
    {
        var sidecar = await _dapr.AddSidecarAsync(new SidecarOptions { AppId = appId, ResourcesPaths = [Data.Components] }, CancellationToken.None);
        return new DaprClientBuilder()
            .UseHttpEndpoint(sidecar.HttpEndpoint.ToString())
            .UseGrpcEndpoint(sidecar.GrpcEndpoint.ToString())
            .UseJsonSerializationOptions(Platform.Messages.MessageJson.Options)
            .Build();
    }

    public async Task StopAsync(WebApplication app, Sidecar sidecar)
    {
        _apps.Remove(app);
        await app.StopAsync();
        await app.DisposeAsync();
        await sidecar.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps)
            await app.DisposeAsync();
        await _dapr.DisposeAsync();
    }
}

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("anomaly-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
