using System.Collections.Concurrent;
using System.Net.Http.Json;
using Dapr.Anomaly.Collector;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Simulator;

namespace Dapr.Anomaly.Services.Tests.Collector;

/// <summary>The collector on embedded Dapr and the simulated Prometheus.</summary>
public sealed class CollectorServiceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task History_OfAQuery_IsATableOnTheAskedGrid()
    {
        await using var simulator = await StartSimulatorAsync(0);
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Collector, CollectorHost.Build, $"--ANOMALY_PROMETHEUS_URL={simulator.Urls.First()}");
        using var client = await dapr.ClientAsync();
        var http = client.CreateInvokableHttpClient(Apps.Collector);
        var end = new DateTimeOffset(TimeProvider.System.GetUtcNow().UtcTicks / TimeSpan.TicksPerHour * TimeSpan.TicksPerHour, TimeSpan.Zero);

        using var response = await http.PostAsJsonAsync(
            "v1/history",
            new HistoryRequestV1("container_cpu", end.AddHours(-2), end, 60),
            MessageJson.Options
        );
        var table = SampleTableWire.FromBytes(await response.Content.ReadAsByteArrayAsync());

        Assert.Equal(121, table.Columns);
        Assert.Equal(end.AddHours(-2), table.Start);
        Assert.Contains(table.Series, s => s.Series.Workload.StartsWith("boutique/", StringComparison.Ordinal));
        Assert.All(Enumerable.Range(0, table.Series.Count), row => Assert.Contains(table.Row(row).ToArray(), double.IsFinite));
    }

    [Fact]
    public async Task History_OfAnUnknownQuery_NamesIt()
    {
        await using var simulator = await StartSimulatorAsync(0);
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Collector, CollectorHost.Build, $"--ANOMALY_PROMETHEUS_URL={simulator.Urls.First()}");
        using var client = await dapr.ClientAsync();

        using var response = await client
            .CreateInvokableHttpClient(Apps.Collector)
            .PostAsJsonAsync(
                "v1/history",
                new HistoryRequestV1("no_such_query", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddHours(1), 60),
                MessageJson.Options
            );

        Assert.Equal(System.Net.HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("no_such_query", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Outage_OfPrometheus_LeavesNoHoleInTheBatches()
    {
        var simulator = await StartSimulatorAsync(0);
        var port = new Uri(simulator.Urls.First()).Port;
        var times = new ConcurrentQueue<DateTimeOffset>();
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync("listener", args => BuildListener(args, times));
        await dapr.AddAsync(Apps.Collector, CollectorHost.Build, $"--ANOMALY_PROMETHEUS_URL={simulator.Urls.First()}", "--ANOMALY_STEP_SECONDS=1");
        await Eventually.TrueAsync(() => times.Count >= 2, "batches arrive", 60);

        await simulator.DisposeAsync();
        var gone = times.Max();
        await Task.Delay(TimeSpan.FromSeconds(4));
        await using var back = await StartSimulatorAsync(port);
        await Eventually.TrueAsync(() => times.Max() >= gone.AddSeconds(8), "batches arrive again, and those of the outage", 60);

        var seconds = times.Select(t => t.ToUnixTimeSeconds()).Distinct().Order().ToList();
        Assert.Equal(seconds.Count - 1, seconds[^1] - seconds[0]);
    }

    private static WebApplication BuildListener(string[] args, ConcurrentQueue<DateTimeOffset> times)
    {
        var builder = Platform.Hosting.AnomalyApp.CreateBuilder("listener", args);
        var app = builder.Build();
        Platform.Hosting.AnomalyApp.UseAnomalyDefaults(app);
        Platform.Hosting.TopicEndpoint.MapTopic(
            app,
            "/batch",
            Topics.MetricBatches(0),
            (_, content) => MetricBatch.FromBytes(content.Span),
            (_, batch, _) =>
            {
                for (var column = 0; column < batch.Samples.Columns; column++)
                    times.Enqueue(batch.Samples.TimeOf(column));
                return Task.CompletedTask;
            }
        );
        return app;
    }

    private static async Task<WebApplication> StartSimulatorAsync(int port)
    {
        var app = SimulatorHost.Build(
            new SimulatorOptions
            {
                Workloads = 2,
                Port = port,
                Step = TimeSpan.FromSeconds(1),
                History = TimeSpan.FromHours(6),
            },
            TimeProvider.System
        );
        await app.StartAsync();
        return app;
    }
}
