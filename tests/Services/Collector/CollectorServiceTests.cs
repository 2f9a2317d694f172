using System.Net.Http.Json;
using Dapr.Anomaly.Collector;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Simulator;
using Microsoft.AspNetCore.Http;

namespace Dapr.Anomaly.Services.Tests.Collector;

/// <summary>The collector on embedded Dapr and the simulated Prometheus.</summary>
public sealed class CollectorServiceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task History_OfAQuery_IsATableOnTheAskedGrid()
    {
        await using var simulator = await StartSimulatorAsync();
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
        await using var simulator = await StartSimulatorAsync();
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
        var (away, refused) = (false, 0);
        await using var simulator = await StartSimulatorAsync(app =>
            app.Use(
                async (context, next) =>
                {
                    if (!Volatile.Read(ref away))
                    {
                        await next();
                        return;
                    }
                    Interlocked.Increment(ref refused);
                    context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                }
            )
        );
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        var listener = await Listener<MetricBatch>.StartAsync(dapr, Topics.MetricBatches(0), content => MetricBatch.FromBytes(content.Span));
        await dapr.AddAsync(Apps.Collector, CollectorHost.Build, $"--ANOMALY_PROMETHEUS_URL={simulator.Urls.First()}", "--ANOMALY_STEP_SECONDS=1");
        await Eventually.TrueAsync(() => Times(listener).Count >= 2, "batches arrive", 60);

        Volatile.Write(ref away, true);
        var gone = Times(listener)[^1];
        await Eventually.TrueAsync(() => Volatile.Read(ref refused) > 20, "Prometheus is asked and refuses", 60);
        Volatile.Write(ref away, false);
        await Eventually.TrueAsync(() => Times(listener)[^1] >= gone + 8, "batches arrive again, and those of the outage", 60);

        var seconds = Times(listener);
        Assert.Equal(seconds.Count - 1, seconds[^1] - seconds[0]);
        Assert.Contains(listener.Heard, b => b.Samples.Columns > 1);
    }

    private static List<long> Times(Listener<MetricBatch> listener) =>
        [
            .. listener
                .Heard.SelectMany(b => Enumerable.Range(0, b.Samples.Columns).Select(b.Samples.TimeOf))
                .Select(t => t.ToUnixTimeSeconds())
                .Distinct()
                .Order(),
        ];

    private static async Task<WebApplication> StartSimulatorAsync(Action<WebApplication>? configure = null)
    {
        var app = SimulatorHost.Build(
            new SimulatorOptions
            {
                Workloads = 2,
                Step = TimeSpan.FromSeconds(1),
                History = TimeSpan.FromHours(6),
            },
            TimeProvider.System
        );
        configure?.Invoke(app);
        await app.StartAsync();
        return app;
    }
}
