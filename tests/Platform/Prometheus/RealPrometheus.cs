using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Platform.Tests.Prometheus;

/// <summary>The real <c>prometheus</c> binary on a free port over a folder of its own, with history loaded by <c>promtool</c>.</summary>
public sealed class RealPrometheus : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private RealPrometheus(Process process, string folder, Uri url) => (_process, _folder, Url) = (process, folder, url);

    public Uri Url { get; }

    /// <summary>Skips the test when the binaries are absent; with ANOMALY_REQUIRE_REAL=1 fails it.</summary>
    public static void Require()
    {
        if (Find("prometheus") is not null && Find("promtool") is not null)
            return;
        const string Reason = "prometheus and promtool are not on the PATH (Debian: apt install prometheus)";
        if (Environment.GetEnvironmentVariable("ANOMALY_REQUIRE_REAL") == "1")
            Assert.Fail(Reason);
        Assert.Skip(Reason);
    }

    public static async Task<RealPrometheus> StartAsync(string? openMetrics, string configuration = "global: {}\n")
    {
        Require();
        var folder = Directory.CreateTempSubdirectory("prometheus-").FullName;
        var data = Path.Combine(folder, "data");
        if (openMetrics is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "history.txt"), openMetrics);
            var (code, output) = await RunAsync("promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", Path.Combine(folder, "history.txt"), data);
            Assert.True(code == 0, output);
        }
        await File.WriteAllTextAsync(Path.Combine(folder, "prometheus.yml"), configuration);
        var port = FreePort();
        var start = new ProcessStartInfo(Find("prometheus")!,
        [
            $"--config.file={folder}/prometheus.yml", $"--storage.tsdb.path={data}", $"--web.listen-address=127.0.0.1:{port}",
            "--storage.tsdb.retention.time=100y", "--log.level=warn",
        ])
        { RedirectStandardError = true, RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        var log = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        var prometheus = new RealPrometheus(process, folder, new Uri($"http://127.0.0.1:{port}"));
        using var http = new HttpClient { BaseAddress = prometheus.Url };
        var begun = Stopwatch.StartNew();
        while (begun.Elapsed < TimeSpan.FromSeconds(60))
        {
            Assert.False(process.HasExited, process.HasExited ? await log : "");
            try
            {
                using var answer = await http.GetAsync("/-/ready");
                if (answer.IsSuccessStatusCode)
                    return prometheus;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(50);
        }
        await prometheus.DisposeAsync();
        throw new TimeoutException("prometheus was not ready within 60 s");
    }

    public PrometheusClient Client() => new(new PrometheusOptions { Url = Url }, TimeProvider.System);

    public static async Task<(int Code, string Output)> RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Find(command)!, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(texts));
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string? Find(string command) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists);
}
