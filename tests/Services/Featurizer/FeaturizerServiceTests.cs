using System.Net.Http.Json;
using Dapr.Anomaly.Collector;
using Dapr.Anomaly.Featurizer;
using Dapr.Anomaly.Inference;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Simulator;

namespace Dapr.Anomaly.Services.Tests.Featurizer;

/// <summary>The featurizer on embedded Dapr: its windows are backfilled at once, and survive a restart without Prometheus.</summary>
public sealed class FeaturizerServiceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Start_WithPrometheus_WindowsAreWarmAtOnce()
    {
        await using var simulator = await StartSimulatorAsync();
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Collector, CollectorHost.Build, $"--ANOMALY_PROMETHEUS_URL={simulator.Urls.First()}");
        await dapr.AddAsync(Apps.Inference, InferenceHost.Build);
        await dapr.AddAsync(Apps.Featurizer, FeaturizerHost.Build);
        using var client = await dapr.ClientAsync();

        var summary = await ReadyAsync(client);

        Assert.True(summary.Series > 20, $"{summary.Series} series");
        Assert.DoesNotContain("warming_up", summary.States.Keys);
    }

    [Fact]
    public async Task Restart_WithoutPrometheus_WindowsComeFromTheStateStore()
    {
        int before;
        await using (var simulator = await StartSimulatorAsync())
        await using (var dapr = await TestDapr.StartAsync(_folder.Path))
        {
            await dapr.AddAsync(Apps.Collector, CollectorHost.Build, $"--ANOMALY_PROMETHEUS_URL={simulator.Urls.First()}");
            await dapr.AddAsync(Apps.Inference, InferenceHost.Build);
            var (app, sidecar) = await dapr.AddAsync(Apps.Featurizer, FeaturizerHost.Build);
            using var client = await dapr.ClientAsync();
            before = (await ReadyAsync(client)).Series;
            await dapr.StopAsync(app, sidecar);
        }

        await using var again = await TestDapr.StartAsync(_folder.Path);
        await again.AddAsync(Apps.Inference, InferenceHost.Build);
        await again.AddAsync(Apps.Featurizer, FeaturizerHost.Build);
        using var after = await again.ClientAsync();
        var summary = await ReadyAsync(after);

        Assert.Equal(before, summary.Series);
        Assert.DoesNotContain("warming_up", summary.States.Keys);
    }

    private static Task<SummaryV1> ReadyAsync(Client.DaprClient client) =>
        Eventually.GetAsync(
            async () =>
                await client.CreateInvokableHttpClient(Apps.Featurizer).GetFromJsonAsync<SummaryV1>("v1/summary", MessageJson.Options)
                    is { Ready: true } summary
                    ? summary
                    : null,
            "the windows know their past",
            60
        );

    private static async Task<WebApplication> StartSimulatorAsync()
    {
        var app = SimulatorHost.Build(new SimulatorOptions { Workloads = 2 }, TimeProvider.System);
        await app.StartAsync();
        return app;
    }
}
