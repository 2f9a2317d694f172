using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Services.Tests.Featurizer;

/// <summary>A past that comes after live samples leaves the window as it would be, had it come before.</summary>
public class LateHistoryTests
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(15);
    private static readonly DateTimeOffset Noon = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly WatchedSeries Series = new(new("cpu", SignalKind.Cpu, "cores", new([new("pod", "a")])), DetectionRule.Any);

    private readonly FakeTimeProvider _time = new(Noon);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Past_ThatComesLate_IsPutUnderTheLiveSamples(bool isRestored)
    {
        var (early, late) = (Create(), Create());
        if (isRestored)
            foreach (var (shards, history) in (ReadOnlySpan<(Shards, WindowHistory)>)[early, late])
                Append(shards, Noon.AddHours(-2), 100);

        await early.History.FillAsync(Fine(), early.History.HasNew(Fine()) ? Coarse() : null, CancellationToken.None);
        _time.SetUtcNow(Noon.AddMinutes(5));
        Append(early.Shards, Noon, 20);

        await late.History.KeepAsideAsync(CancellationToken.None);
        Append(late.Shards, Noon, 20);
        Assert.Equal(!isRestored, late.History.HasNew(Fine()));
        await late.History.FillAsync(Fine(), late.History.HasNew(Fine()) ? Coarse() : null, CancellationToken.None);

        Assert.Equal(Snapshot(early.Shards), Snapshot(late.Shards));
        Assert.Equal(Noon + 19 * Step, late.Shards.Series.Single().Window.Latest?.Timestamp);
    }

    private (Shards Shards, WindowHistory History) Create()
    {
        var shards = new Shards(new Sharding(1, 1, 0), SeriesLimits.Default);
        var metrics = new FeaturizerMetrics(new ServiceMetrics(new AppIdentity("test")));
        return (shards, new(shards, new SampleGate(_time, metrics, NullLogger<SampleGate>.Instance)));
    }

    private void Append(Shards shards, DateTimeOffset from, int count)
    {
        shards.Owned.Single().TryTrack(Series, Step, _time.GetUtcNow(), out var tracked);
        for (var i = 0; i < count; i++)
            tracked!.Window.Append(new(from + i * Step, Value(from + i * Step)));
    }

    private static byte[] Snapshot(Shards shards)
    {
        var bytes = new byte[Core.Windows.SeriesWindow.SnapshotBytes];
        shards.Series.Single().Window.Write(bytes);
        return bytes;
    }

    private static SampleTable Fine() => Table(Noon.AddHours(-1), Step, 240);

    private static SampleTable Coarse() => Table(Noon.AddDays(-7), WindowHistory.CoarseStep, (7 * 24 - 1) * 12);

    private static SampleTable Table(DateTimeOffset start, TimeSpan step, int columns) =>
        new(start, step, columns, [Series], [.. Enumerable.Range(0, columns).Select(i => Value(start + i * step))]);

    /// <summary>A float exactly, as windows hold values relative to their first one.</summary>
    private static double Value(DateTimeOffset at) => at.ToUnixTimeSeconds() / 15 % 64;
}
