using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Core.Tests.Ensemble;

public class RowBuilderTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(15);
    private static readonly SeriesIdentity Series = new("cpu", SignalKind.Cpu, "cores", new([new("workload", "checkout")]));

    [Fact]
    public void Build_TheSamplesOfATraining_GivesItsRowsBitForBit()
    {
        var random = new Xoshiro256(7);
        double[] values = [.. Enumerable.Range(0, 600).Select(i => i % 97 == 0 ? double.NaN : 3 + Math.Sin(i / 20.0) + (0.1 * random.NextDouble()))];
        var fine = new SampleGrid(Start, Step, values);
        var coarse = new SampleGrid(
            Start - TimeSpan.FromDays(2),
            TimeSpan.FromMinutes(5),
            [.. Enumerable.Range(0, 576).Select(i => 3 + Math.Sin(i / 46.0))]
        );
        var trained = RowReplay.Rows(Series, coarse, fine, Start + TimeSpan.FromHours(1), fine.End, stride: 1);

        var window = new SeriesWindow(Step);
        window.LoadHistory(SlotMeans.Of(coarse.Start, coarse.Step, coarse.Values));
        List<ScoreRow> served = [];
        for (var i = 0; i < values.Length; i++)
            if (double.IsFinite(values[i]) && window.Append(new(fine.TimeAt(i), values[i])) == AppendResult.Appended && i >= 240)
                served.Add(RowBuilder.Build(Series, window, values[i]));

        Assert.Equal(trained.Count, served.Count);
        Assert.All(
            trained.Zip(served),
            pair =>
            {
                Assert.Equal(
                    (pair.First.Timestamp, pair.First.Value, pair.First.MissingFraction),
                    (pair.Second.Timestamp, pair.Second.Value, pair.Second.MissingFraction)
                );
                Assert.Equal(pair.First.Features.ToArray(), pair.Second.Features.ToArray());
                Assert.Equal(pair.First.Recent.ToArray(), pair.Second.Recent.ToArray());
            }
        );
    }

    [Fact]
    public void Build_AYoungWindow_HasNoRecentValues()
    {
        var window = new SeriesWindow(Step);
        for (var i = 0; i < ScoreRow.RecentSteps; i++)
            window.Append(new(Start + (i * Step), i));
        Assert.True(RowBuilder.Build(Series, window, 59).Recent.IsEmpty);
        window.Append(new(Start + (ScoreRow.RecentSteps * Step), 60));
        Assert.Equal(Enumerable.Range(0, 60).Select(i => (float)i), RowBuilder.Build(Series, window, 60).Recent.ToArray());
    }

    [Fact]
    public void Build_AMissingStep_IsNaNAmongTheRecentValues()
    {
        var window = new SeriesWindow(Step);
        for (var i = 0; i <= ScoreRow.RecentSteps; i++)
            if (i != 30)
                window.Append(new(Start + (i * Step), i));
        var recent = RowBuilder.Build(Series, window, 60).Recent.ToArray();
        Assert.True(float.IsNaN(recent[30]));
        Assert.Equal(59, recent.Count(float.IsFinite));
    }
}
