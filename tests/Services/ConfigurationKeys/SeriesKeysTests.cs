using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Featurizer;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Services.Tests.ConfigurationKeys;

/// <summary>What <c>series:</c> changes, seen on the series that the featurizer shows.</summary>
public sealed class SeriesKeysTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(15);

    private readonly ConfiguredFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Start);

    public void Dispose() => _folder.Dispose();

    [Fact]
    [EffectOf("series.max_per_shard")]
    public async Task MaxPerShard_MoreSeries_AreRefusedUntilOneHasEnded()
    {
        await using var featurizer = await StartAsync("max_per_shard: 100");
        await DeliverAsync(featurizer, "a", 250);
        Assert.Equal(100, (await featurizer.SummaryAsync()).Series);
        Assert.Equal(150, await RefusedAsync(featurizer, "limit"));
        Assert.Contains("series.max_per_shard", featurizer.Log());

        // A CronJob leaves series behind at each run: those that ended longest ago make room.
        for (var run = 0; run < 5; run++)
        {
            _time.Advance(TimeSpan.FromMinutes(16));
            await DeliverAsync(featurizer, $"run{run}-", 100);
            Assert.InRange((await featurizer.SummaryAsync()).Series, 1, 100);
            Assert.NotNull(await SeriesAsync(featurizer, $"run{run}-7"));
        }
        Assert.Equal(500, await featurizer.MetricAsync("anomaly_detector_forgotten_series_total{reason=\"room\",app=\"featurizer\"}"));
    }

    [Fact]
    [EffectOf("series.max_memory_bytes")]
    public async Task MaxMemoryBytes_MoreSeries_AreRefused()
    {
        await using var featurizer = await StartAsync("max_memory_bytes: 100000");
        await DeliverAsync(featurizer, "a", 100);
        Assert.InRange((await featurizer.SummaryAsync()).Series, 10, 20);
        Assert.InRange(await RefusedAsync(featurizer, "limit"), 80, 90);
    }

    [Fact]
    [EffectOf("series.max_labels")]
    public async Task MaxLabels_SeriesWithMore_IsRefusedAndTheOthersAreNot()
    {
        await using var featurizer = await StartAsync("max_labels: 2");
        await featurizer.DeliverAsync(Batch([Labels("a", 1), Labels("b", 2), Labels("c", 3)]));
        Assert.Equal(2, (await featurizer.SummaryAsync()).Series);
        Assert.Equal(1, await RefusedAsync(featurizer, "labels"));
    }

    [Fact]
    [EffectOf("series.max_label_length")]
    public async Task MaxLabelLength_SeriesWithLonger_IsRefusedAndTheOthersAreNot()
    {
        await using var featurizer = await StartAsync("max_label_length: 10");
        await featurizer.DeliverAsync(Batch([Labels("0123456789", 1), Labels("01234567890", 1)]));
        Assert.Equal(1, (await featurizer.SummaryAsync()).Series);
        Assert.Equal(1, await RefusedAsync(featurizer, "labels"));
    }

    [Fact]
    [EffectOf("series.keep_ended")]
    public async Task KeepEnded_SeriesWithoutSamples_AreForgottenEverywhere()
    {
        await using var featurizer = await StartAsync("keep_ended: 30m");
        await DeliverAsync(featurizer, "ended", 10);
        for (var minute = 0; minute < 35; minute++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await DeliverAsync(featurizer, "alive", 1);
        }
        await Support.Eventually.TrueAsync(
            async () =>
            {
                _time.Advance(TimeSpan.FromMinutes(1));
                await DeliverAsync(featurizer, "alive", 1);
                return (await featurizer.SummaryAsync()).Series == 1;
            },
            "the ended ones are forgotten"
        );
        Assert.Null(await SeriesAsync(featurizer, "ended0"));
        Assert.NotNull(await SeriesAsync(featurizer, "alive0"));
        Assert.Equal(10, await featurizer.MetricAsync("anomaly_detector_forgotten_series_total{reason=\"ended\",app=\"featurizer\"}"));
    }

    [Theory]
    [InlineData("max_per_shard: 0", "series.max_per_shard: 0 is out of range; write 1 to 250000")]
    [InlineData("max_memory_bytes: 1", "series.max_memory_bytes: 1 is out of range")]
    [InlineData("max_labels: 0", "series.max_labels: 0 is out of range; write 1 to 1000")]
    [InlineData("max_label_length: -1", "series.max_label_length: -1 is out of range; write 1 to 65536")]
    [InlineData("keep_ended: 1s", "series.keep_ended: 1s is out of range; write 1m to 4w")]
    [InlineData("keep: 1s", "series.keep: unknown key")]
    public void Series_OutOfRange_StopsTheFeaturizerWithTheKey(string keys, string error) =>
        Assert.Contains(
            error,
            Assert.Throws<ConfigurationException>(() => FeaturizerHost.Build([_folder.Configure($"series: {{ {keys} }}")])).Message
        );

    private Task<RunningFeaturizer> StartAsync(string keys) =>
        RunningFeaturizer.StartAsync(_folder.Path, _time, null, _folder.Configure($"series: {{ {keys} }}"));

    private static Task<SeriesStatusV1?> SeriesAsync(RunningFeaturizer featurizer, string workload) =>
        featurizer.SeriesAsync(new("cpu", SignalKind.Cpu, "cores", Labels(workload, 1)));

    private static Task<double> RefusedAsync(RunningFeaturizer featurizer, string reason) =>
        featurizer.MetricAsync($"anomaly_detector_refused_samples_total{{reason=\"{reason}\",app=\"featurizer\"}}");

    private Task DeliverAsync(RunningFeaturizer featurizer, string prefix, int series) =>
        featurizer.DeliverAsync(Batch([.. Enumerable.Range(0, series).Select(i => Labels($"{prefix}{i}", 1))]));

    private MetricBatch Batch(IReadOnlyList<Labels> series) =>
        new(
            0,
            0,
            new SampleTable(
                TimeGrid.Floor(_time.GetUtcNow(), Step),
                Step,
                1,
                [.. series.Select(l => new WatchedSeries(new("cpu", SignalKind.Cpu, "cores", l), DetectionRule.Any))],
                [.. series.Select((_, i) => (double)i)]
            )
        );

    private static Labels Labels(string workload, int count) =>
        new(Enumerable.Range(0, count).Select(i => new KeyValuePair<string, string>(i == 0 ? "workload" : $"l{i}", workload)));
}
