using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dapr.Anomaly.Cli.Demo;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.EndToEnd.Tests.Support;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Workflows.TrainModel;
using Tests.Support;

namespace Dapr.Anomaly.EndToEnd.Tests;

/// <summary>
/// Everything real: a Prometheus with a past, scraping node-exporter on this machine and the services' own metrics; a training; a CPU fault that is
/// burnt for real; the alert in a real Alertmanager and in the Slack receiver.
/// </summary>
public sealed partial class RealStackTests : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Past = TimeSpan.FromHours(6);
    private static readonly HttpClient Http = new();

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task BurningTheCpu_OnARealPrometheus_ReachesAlertmanagerAndSlack()
    {
        RealServer.Require("prometheus", "promtool", "prometheus-alertmanager", "prometheus-node-exporter");
        var console = RealServer.FreePort();
        await using var receiver = await WebhookReceiver.StartAsync(TimeProvider.System, CancellationToken.None);
        await using var exporter = await StartExporterAsync();
        await using var alertmanager = await StartAlertmanagerAsync();
        await using var prometheus = await StartPrometheusAsync(exporter.Url, console);
        await using var system = await AnomalySystem.StartAsync(
            Options(prometheus.Url, alertmanager.Url, receiver.Url, console),
            CancellationToken.None
        );
        var runtime = system.Sidecar(Apps.Trainer).HttpEndpoint;

        await TrainAndDeployWhenQuietAsync(runtime, system.ApiToken, prometheus.Url);
        await Eventually.TrueAsync(
            async () => await QueryAsync(prometheus.Url, "sum(anomaly_detector_predictions_total)") > 0,
            "Prometheus scrapes the services' own metrics, and samples are scored",
            60
        );
        Assert.Empty(receiver.Messages);

        using (new CpuBurner())
        {
            var messages = await Expect.MessagesAsync(
                receiver.Arrivals,
                ["slack"],
                "node_cpu",
                TimeSpan.FromSeconds(90),
                TimeProvider.System,
                CancellationToken.None
            );
            Assert.Contains("node_cpu", messages["slack"].Body.GetProperty("text").GetString());
            await Eventually.TrueAsync(async () => await FiringAsync(alertmanager.Url), "the alert is active in Alertmanager", 60);
        }
    }

    private AnomalySystemOptions Options(Uri prometheus, Uri alertmanager, Uri receiver, int console)
    {
        var file = Path.Combine(_folder.Path, "anomaly.yaml");
        File.WriteAllText(
            file,
            $$"""
            preset: none
            reader:
              url: {{prometheus}}
              step: 5s
              queries:
                node_cpu:
                  expr: 1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[30s]))
                  kind: cpu
                  unit: ratio
                  detection_direction: above_expected
                  min_dev_from_expected: 0.2
            alerts:
              routes: [slack, alertmanager]
            """
        );
        return new(
            file,
            null,
            Path.Combine(_folder.Path, "data"),
            Path.Combine(AppContext.BaseDirectory, "components", "local"),
            0,
            console,
            new Dictionary<string, IReadOnlyDictionary<string, string>>
            {
                ["slack"] = new Dictionary<string, string> { ["url"] = new Uri(receiver, "slack").ToString() },
                ["alertmanager"] = new Dictionary<string, string> { ["url"] = new Uri(alertmanager, "/api/v2/alerts").ToString() },
            },
            new Dictionary<string, string>()
        );
    }

    /// <summary>
    /// Training itself burns the CPU that is watched: the workflow is paused before it deploys, and goes on when the machine is quiet again.
    /// </summary>
    private static async Task TrainAndDeployWhenQuietAsync(Uri runtime, string apiToken, Uri prometheus)
    {
        using var http = RuntimeClient.Create(apiToken, TimeSpan.FromMinutes(2));
        var training = new TrainingClient(http, runtime, TimeProvider.System);
        var id = await training.StartAsync(new TrainModelInput("5h"), "train-e2e", CancellationToken.None);
        await Eventually.TrueAsync(
            async () =>
                (await training.GetAsync(id, CancellationToken.None)).Progress.Steps.Any(s => s is { Name: "evaluate", State: StepState.Running }),
            "the training reaches its evaluation",
            240
        );
        (await http.PostAsync(new Uri(runtime, $"/v1.0/workflows/dapr/{id}/pause"), null)).EnsureSuccessStatusCode();
        await Eventually.TrueAsync(
            async () => (await training.GetAsync(id, CancellationToken.None)).RuntimeStatus == "SUSPENDED",
            "the training is paused"
        );

        await Eventually.TrueAsync(
            async () => await QueryAsync(prometheus, "1 - avg(rate(node_cpu_seconds_total{mode=\"idle\"}[30s]))") < 0.3,
            "this machine becomes quiet (below 30 % CPU)",
            180
        );
        (await http.PostAsync(new Uri(runtime, $"/v1.0/workflows/dapr/{id}/resume"), null)).EnsureSuccessStatusCode();
        var ended = await training.FollowAsync(id, _ => { }, CancellationToken.None);
        Assert.True(ended.RuntimeStatus == "COMPLETED", $"training ended {ended.RuntimeStatus}: {ended.Failure}");
    }

    private static async Task<RealServer> StartExporterAsync()
    {
        var port = RealServer.FreePort();
        return await RealServer.StartAsync(
            "prometheus-node-exporter",
            port,
            "/metrics",
            $"--web.listen-address=127.0.0.1:{port}",
            "--collector.disable-defaults",
            "--collector.cpu",
            "--collector.loadavg",
            "--collector.meminfo"
        );
    }

    private async Task<RealServer> StartAlertmanagerAsync()
    {
        var port = RealServer.FreePort();
        var file = Path.Combine(_folder.Path, "alertmanager.yml");
        await File.WriteAllTextAsync(file, "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n");
        return await RealServer.StartAsync(
            "prometheus-alertmanager",
            port,
            "/-/ready",
            $"--config.file={file}",
            $"--storage.path={Path.Combine(_folder.Path, "alertmanager")}",
            $"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address="
        );
    }

    private async Task<RealServer> StartPrometheusAsync(Uri exporter, int console)
    {
        var busyShare = await QuietLevelAsync(exporter);
        var counters = await CpuCountersAsync(exporter);
        var now = TimeProvider.System.GetUtcNow();
        var history = Path.Combine(_folder.Path, "history.txt");
        var data = Path.Combine(_folder.Path, "prometheus");
        await File.WriteAllTextAsync(
            history,
            NodeHistory.OpenMetrics(exporter.Authority, "node", counters, busyShare, now - Past, now, Step, seed: 3)
        );
        await RealServer.RunAsync("promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", history, data);
        var configuration = Path.Combine(_folder.Path, "prometheus.yml");
        await File.WriteAllTextAsync(
            configuration,
            $$"""
            global:
              scrape_interval: 5s
            scrape_configs:
              - job_name: node
                static_configs:
                  - targets: ["{{exporter.Authority}}"]
              - job_name: anomaly
                metrics_path: /federate
                static_configs:
                  - targets: ["127.0.0.1:{{console}}"]
            """
        );
        var port = RealServer.FreePort();
        return await RealServer.StartAsync(
            "prometheus",
            port,
            "/-/ready",
            $"--config.file={configuration}",
            $"--storage.tsdb.path={data}",
            $"--web.listen-address=127.0.0.1:{port}",
            "--storage.tsdb.retention.time=100y",
            "--log.level=warn"
        );
    }

    /// <summary>
    /// How busy this machine is when nobody trains: what its past is made of. At least 3 %, so that the test's own quiet work is part of it.
    /// </summary>
    private static async Task<double> QuietLevelAsync(Uri exporter)
    {
        var before = await CpuCountersAsync(exporter);
        await Task.Delay(TimeSpan.FromSeconds(5));
        var after = await CpuCountersAsync(exporter);
        var idle = Idle(after) - Idle(before);
        return Math.Clamp(1 - (idle / (after.Values.Sum() - before.Values.Sum())), 0.03, 0.2);

        static double Idle(Dictionary<(string Cpu, string Mode), double> counters) => counters.Where(c => c.Key.Mode == "idle").Sum(c => c.Value);
    }

    /// <summary>node_cpu_seconds_total as node-exporter says it now.</summary>
    private static async Task<Dictionary<(string Cpu, string Mode), double>> CpuCountersAsync(Uri exporter)
    {
        var text = await Http.GetStringAsync(new Uri(exporter, "/metrics"));
        return CpuCounter()
            .Matches(text)
            .ToDictionary(
                m => (m.Groups["cpu"].Value, m.Groups["mode"].Value),
                m => double.Parse(m.Groups["value"].Value, CultureInfo.InvariantCulture)
            );
    }

    [GeneratedRegex("""^node_cpu_seconds_total\{cpu="(?<cpu>[^"]*)",mode="(?<mode>[^"]*)"\} (?<value>\S+)$""", RegexOptions.Multiline)]
    private static partial Regex CpuCounter();

    private static async Task<double?> QueryAsync(Uri prometheus, string expression)
    {
        var answer = await Http.GetFromJsonAsync<JsonElement>(new Uri(prometheus, $"/api/v1/query?query={Uri.EscapeDataString(expression)}"));
        var result = answer.GetProperty("data").GetProperty("result");
        return result.GetArrayLength() == 0 ? null : double.Parse(result[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
    }

    private static async Task<bool> FiringAsync(Uri alertmanager)
    {
        var alerts = await Http.GetFromJsonAsync<JsonElement>(
            new Uri(alertmanager, "/api/v2/alerts?active=true&filter=alertname%3D%22WorkloadAnomaly%22")
        );
        return alerts
            .EnumerateArray()
            .Any(a => a.GetProperty("annotations").GetProperty("summary").GetString()!.Contains("node_cpu", StringComparison.Ordinal));
    }
}
