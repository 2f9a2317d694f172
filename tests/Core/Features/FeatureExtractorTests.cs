using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Tests.Windows;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Core.Tests.Features;

public class FeatureExtractorTests
{
    private static readonly FeatureSchema Schema = FeatureSchema.Current;

    [Fact]
    public void Extract_WithHistory_KnowsEveryFeatureWithinItsBounds()
    {
        var (rows, quality) = Replay(SampleSeries.History(1), SampleSeries.Wave(500, 2));

        Assert.Equal(0, quality[^1].MissingCount);
        Assert.All(rows, AssertBounds);
    }

    [Theory]
    [InlineData(1e9)]
    [InlineData(1e-6)]
    [InlineData(7.3)]
    public void Extract_RescaledSeries_GivesTheSameFeatures(double a)
    {
        var history = SampleSeries.History(1);
        var samples = SampleSeries.Wave(500, 2);
        var b = a * 3;
        var (plain, _) = Replay(history, samples);
        var (scaled, _) = Replay(SampleSeries.Scaled(history, a, b), SampleSeries.Scaled(samples, a, b));

        for (var i = 0; i < plain.Length; i++)
        for (var f = 0; f < Schema.Count; f++)
            Assert.True(Math.Abs(plain[i][f] - scaled[i][f]) < 2e-3, $"{Schema.Names[f]} at {i}: {plain[i][f]} became {scaled[i][f]}");
    }

    [Fact]
    public void Extract_OtherFuture_DoesNotChangeThePast()
    {
        var history = SampleSeries.History(1);
        var samples = SampleSeries.Wave(500, 2);
        var other = samples.ToArray();
        for (var i = 300; i < other.Length; i++)
            other[i] = other[i] with { Value = 1000 * other[i].Value };
        var (plain, _) = Replay(history, samples);
        var (changed, _) = Replay(history, other);

        for (var i = 0; i < 300; i++)
            Assert.Equal(plain[i], changed[i]);
        Assert.NotEqual(plain[300], changed[300]);
    }

    [Fact]
    public void Extract_AnySeries_IsFiniteAndWithinBounds()
    {
        var random = new Xoshiro256(11);
        for (var round = 0; round < 40; round++)
        {
            var scale = Math.Pow(10, random.Next(24) - 12);
            var window = new SeriesWindow(TimeSpan.FromSeconds(new[] { 1, 15, 60, 300, 900 }[round % 5]));
            var row = new float[Schema.Count];
            var time = SampleSeries.Start;
            for (var i = 0; i < 700; i++)
            {
                time += window.Step * (random.Next(50) == 0 ? 1 + random.Next(300) : 1);
                var value = (round % 4) switch
                {
                    0 => scale * random.NextGaussian() / (1e-9 + random.NextDouble()),
                    1 => random.Next(30) == 0 ? scale : 0,
                    2 => scale,
                    _ => scale * (i / 100),
                };
                window.Append(new Sample(time, value));
                FeatureExtractor.Extract(window, row);
                AssertBounds(row);
            }
        }
    }

    [Fact]
    public void Extract_Spike_ShowsInTheLevelAndChangeFeatures()
    {
        var samples = SampleSeries.Wave(501, 2);
        samples[^1] = samples[^1] with { Value = samples[^1].Value + 50 };
        var (rows, _) = Replay(SampleSeries.History(1), samples);

        foreach (var name in new[] { "z_robust_1h", "z_ewma_5m", "z_ewma_1h", "change_1m", "lag_5m", "max_5m", "z_slot_of_day" })
            Assert.True(rows[^1][Schema.IndexOf(name)] > 5, $"{name} is {rows[^1][Schema.IndexOf(name)]}");
        Assert.Equal(1, rows[^1][Schema.IndexOf("position_1h")]);
    }

    [Fact]
    public void Extract_FewSamples_IsSparse()
    {
        var (_, quality) = Replay([], SampleSeries.Wave(60, 2));

        Assert.True(quality[^1].IsSparse);
        Assert.True(quality[^1].IsMissing(Schema.IndexOf("z_robust_1h")));
    }

    [Fact]
    public void Extract_AnHourWithoutHistory_IsNotSparse()
    {
        var (_, quality) = Replay([], SampleSeries.Wave(257, 2));

        Assert.False(quality[^1].IsSparse);
    }

    [Fact]
    public void Extract_FewSamplesInTheLastFiveMinutes_OnlyLosesTheirFeatures()
    {
        var (_, quality) = Replay(SampleSeries.History(1), [.. SampleSeries.Wave(400, 2).Where((_, i) => i is < 380 or > 395)]);

        foreach (var name in new[] { "mean_5m", "log_std_5m", "min_5m", "max_5m" })
            Assert.True(quality[^1].IsMissing(Schema.IndexOf(name)), name);
        Assert.False(quality[^1].IsMissing(Schema.IndexOf("z_robust_1h")));
        Assert.False(quality[^1].IsMissing(Schema.IndexOf("position_1h")));
    }

    [Fact]
    public void Extract_ConstantSeries_IsAllNeutralOrZero()
    {
        var (rows, _) = Replay([], [.. Enumerable.Range(0, 300).Select(i => SampleSeries.At(i, 0.1 + 0.2))]);

        foreach (var name in new[] { "z_robust_1h", "z_ewma_5m", "z_ewma_1h", "change_1m", "cusum_up", "lag_1h", "acf_1", "log_std_5m" })
            Assert.Equal(0, rows[^1][Schema.IndexOf(name)]);
        Assert.Equal(1, rows[^1][Schema.IndexOf("flat_run")]);
    }

    [Fact]
    public void Extract_EmptyWindow_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => FeatureExtractor.Extract(new SeriesWindow(SampleSeries.Step), new float[Schema.Count]));

    private static void AssertBounds(float[] row)
    {
        for (var f = 0; f < Schema.Count; f++)
            Assert.True(row[f] >= Schema.Features[f].Minimum && row[f] <= Schema.Features[f].Maximum, $"{Schema.Names[f]} is {row[f]}");
    }

    private static (float[][] Rows, FeatureQuality[] Quality) Replay(Sample[] history, Sample[] samples)
    {
        var window = new SeriesWindow(SampleSeries.Step);
        window.LoadHistory(history);
        var rows = new float[samples.Length][];
        var quality = new FeatureQuality[samples.Length];
        for (var i = 0; i < samples.Length; i++)
        {
            window.Append(samples[i]);
            rows[i] = new float[Schema.Count];
            quality[i] = FeatureExtractor.Extract(window, rows[i]);
        }
        return (rows, quality);
    }
}
