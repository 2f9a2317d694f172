using Dapr.Anomaly.Platform.Prometheus;
using Tests.Support;

namespace Dapr.Anomaly.Platform.Tests.Prometheus;

/// <summary>The real <c>prometheus</c> binary on a free port over a folder of its own, with history loaded by <c>promtool</c>.</summary>
public sealed class RealPrometheus : IAsyncDisposable
{
    private readonly RealServer _server;
    private readonly string _folder;

    private RealPrometheus(RealServer server, string folder) => (_server, _folder) = (server, folder);

    public Uri Url => _server.Url;

    /// <inheritdoc cref="RealServer.Require"/>
    public static void Require() => RealServer.Require("prometheus", "promtool");

    public static async Task<RealPrometheus> StartAsync(string? openMetrics, string configuration = "global: {}\n")
    {
        Require();
        var folder = Directory.CreateTempSubdirectory("prometheus-").FullName;
        var data = Path.Combine(folder, "data");
        if (openMetrics is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "history.txt"), openMetrics);
            await RealServer.RunAsync("promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", Path.Combine(folder, "history.txt"), data);
        }
        await File.WriteAllTextAsync(Path.Combine(folder, "prometheus.yml"), configuration);
        var port = RealServer.FreePort();
        var server = await RealServer.StartAsync(
            "prometheus",
            port,
            "/-/ready",
            $"--config.file={folder}/prometheus.yml",
            $"--storage.tsdb.path={data}",
            $"--web.listen-address=127.0.0.1:{port}",
            "--storage.tsdb.retention.time=100y",
            "--log.level=warn"
        );
        return new RealPrometheus(server, folder);
    }

    public PrometheusClient Client() => new(new PrometheusOptions { Url = Url }, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
