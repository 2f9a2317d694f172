using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Workflows.Tests.Support;
using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Anomaly.Workflows.TrainModel.Activities;
using Dapr.Client;

namespace Dapr.Anomaly.Workflows.Tests.TrainModel.Activities;

/// <summary>The first step behind a real sidecar, with a collector that fails as told.</summary>
public sealed class CollectActivityTests : IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromMinutes(10);

    private readonly TemporaryFolder _folder = new();
    private DaprClient? _client;

    public void Dispose()
    {
        _client?.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Run_EveryQueryAnswers_KeepsBothViewsOfThePlan()
    {
        FakeCollector collector = new(["cpu", "memory"], (_, _) => null);
        await using var dapr = await StartAsync(collector);

        var data = (await CollectAsync(Trainings.Plan(hours: 3, coarseHours: 48))).OrRefuse();

        Assert.Equal([("cpu", false), ("cpu", true), ("memory", false), ("memory", true)], data.Frames.Select(f => (f.Name, f.IsCoarse)));
        Assert.Equal((2, 2 * (181 + 577)), (data.SeriesCount, (int)data.SampleCount));
        Assert.Empty(data.Notes);
        Assert.Equal([(TimeSpan.FromHours(3), 60.0), (TimeSpan.FromHours(48), 300.0)], collector.Asked.Take(2).Select(a => (a.Span, a.StepSeconds)));
        var set = await new TrainingSetLoader(new ArtifactStore(_client!)).LoadAsync(Trainings.Plan(), data, CancellationToken.None);
        Assert.Equal(2, set.Series.Count);
    }

    [Fact]
    public async Task Run_Begins_IsTheNewestTraining()
    {
        await using var dapr = await StartAsync(new(["cpu"], (_, _) => null));
        await CollectAsync(Trainings.Plan("train-9"));
        Assert.Equal("train-9", (await new TrainingLog(_client!).ReadAsync(CancellationToken.None)).Latest);
    }

    [Fact]
    public async Task Run_OneQueryThatPrometheusRefuses_IsANoteAndTheOthersAreKept()
    {
        await using var dapr = await StartAsync(new(["bad", "cpu", "empty"], (name, _) => name == "bad" ? (502, "query bad: parse error") : null));

        var data = (await CollectAsync(Trainings.Plan())).OrRefuse();

        Assert.Equal(["cpu", "cpu"], data.Frames.Select(f => f.Name));
        Assert.Equal(["query bad: query bad: parse error", "query empty: no series from 2026-01-05 09:00:00Z to 2026-01-05 12:00:00Z"], data.Notes);
    }

    [Fact]
    public async Task Run_OneQueryTooLongForTheServer_IsAskedThriceThenANote()
    {
        FakeCollector collector = new(["slow", "cpu"], (name, span) => name == "slow" && span > Short ? (503, "query slow: timed out") : null);
        await using var dapr = await StartAsync(collector);

        var data = (await CollectAsync(Trainings.Plan())).OrRefuse();

        Assert.Equal(["cpu", "cpu"], data.Frames.Select(f => f.Name));
        Assert.Equal(["query slow: query slow: timed out (asked 3 times from 2026-01-05 09:00:00Z; its newest samples can be had)"], data.Notes);
        Assert.Equal(3, collector.Asked.Count(a => a.Name == "slow" && a.Span > Short));
    }

    [Fact]
    public async Task Run_OnlyTheCoarseViewFails_TheQueryIsLearntWithoutASeason()
    {
        await using var dapr = await StartAsync(new(["cpu"], (_, span) => span > TimeSpan.FromHours(12) ? (502, "too many samples") : null));
        var data = (await CollectAsync(Trainings.Plan())).OrRefuse();
        Assert.Equal([false], data.Frames.Select(f => f.IsCoarse));
        Assert.Equal(["query cpu: no season is learnt, too many samples"], data.Notes);
    }

    [Fact]
    public async Task Run_ServerAway_IsAFaultThatTheWorkflowRetries()
    {
        await using var dapr = await StartAsync(new(["cpu"], (name, _) => name == "cpu" ? (503, "prometheus refused the connection") : null));
        var e = await Assert.ThrowsAsync<HttpRequestException>(() => CollectAsync(Trainings.Plan()));
        Assert.Equal("prometheus refused the connection", e.Message);
    }

    [Fact]
    public async Task Run_NoQueryGivesASample_IsRefusedWithTheFirstReason()
    {
        await using var dapr = await StartAsync(new(["bad", "empty"], (name, _) => name == "bad" ? (502, "parse error") : null));
        var outcome = await CollectAsync(Trainings.Plan());
        Assert.Equal(
            "nothing to learn from: 2 queries gave no sample from 2026-01-05 09:00:00Z to 2026-01-05 12:00:00Z (from http://prometheus); query bad: "
                + "parse error",
            outcome.Refusal
        );
    }

    [Fact]
    public async Task Run_PrometheusRefusesUs_IsRefused()
    {
        await using var dapr = await StartAsync(new(["cpu"], (name, _) => name.Length == 0 ? (502, "prometheus wants credentials") : null));
        Assert.Equal("prometheus wants credentials", (await CollectAsync(Trainings.Plan())).Refusal);
    }

    private async Task<TestDapr> StartAsync(FakeCollector collector)
    {
        var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Collector, collector.Build);
        _client = await dapr.ClientAsync();
        return dapr;
    }

    private Task<StepOutcome<CollectedData>> CollectAsync(TrainingPlan plan) =>
        new CollectActivity(
            new CollectorClient(_client!),
            new ArtifactStore(_client!),
            new TrainingLog(_client!),
            Trainings.Meter(),
            TimeProvider.System
        ).RunAsync(null!, plan);
}
