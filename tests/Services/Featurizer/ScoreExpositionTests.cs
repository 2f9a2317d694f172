using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Featurizer;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Services.Tests.Featurizer;

public sealed class ScoreExpositionTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Write_AScoredSeries_HasTheFiveFamiliesOfVmanomaly()
    {
        var lines = Lines(Series(("workload", "checkout"), Score(0.92, 3.5, 0.25)));
        Assert.Contains("anomaly_score{workload=\"checkout\",for=\"cpu\"} 3.5", lines);
        Assert.Contains("y{workload=\"checkout\",for=\"cpu\"} 0.92", lines);
        Assert.Contains("yhat{workload=\"checkout\",for=\"cpu\"} 0.25", lines);
        Assert.Contains("yhat_lower{workload=\"checkout\",for=\"cpu\"} 0.15", lines);
        Assert.Contains("yhat_upper{workload=\"checkout\",for=\"cpu\"} 0.35", lines);
        Assert.Equal(5, lines.Count(l => l.StartsWith("# TYPE ", StringComparison.Ordinal) && l.EndsWith(" gauge", StringComparison.Ordinal)));
    }

    [Fact]
    public void Write_ASeriesWithoutExpectation_HasNoYhat()
    {
        var lines = Lines(Series(("workload", "checkout"), Score(0.92, 0.5, null)));
        Assert.Contains(lines, l => l.StartsWith("anomaly_score{", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, l => l.StartsWith("yhat", StringComparison.Ordinal));
    }

    [Fact]
    public void Write_ASeriesWithoutScore_IsNotShown() =>
        Assert.DoesNotContain(Lines(Series(("workload", "checkout"), null)), l => !l.StartsWith('#'));

    [Fact]
    public void Write_LabelValuesThatNeedIt_AreEscaped() =>
        Assert.Contains("y{path=\"C:\\\\a\\nb\\\"c\",for=\"cpu\"} 0.92", Lines(Series(("path", "C:\\a\nb\"c"), Score(0.92, 0, null))));

    [Fact]
    public void States_OfASeries_AreThoseOfItsWindowUnlessScoringKnowsBetter()
    {
        var series = Series(("workload", "checkout"), null);
        Assert.Equal(SeriesState.NoData, SeriesStates.Of(series).State);
        for (var i = 0; i < 200; i++)
            series.Window.Append(new(At + (i * series.Window.Step), i % 7));
        Assert.Equal(SeriesState.Ok, SeriesStates.Of(series).State);
        series.LastScore = Score(1, 0, null) with { State = SeriesState.StaleModel, Reason = "trained long ago" };
        Assert.Equal((SeriesState.StaleModel, "trained long ago"), SeriesStates.Of(series));
    }

    [Theory]
    [InlineData(SeriesState.WarmingUp, "warming_up")]
    [InlineData(SeriesState.NoData, "no_data")]
    [InlineData(SeriesState.Ok, "ok")]
    public void StateNames_OfAState_AreSnakeCase(SeriesState state, string name) => Assert.Equal(name, StateNames.Of(state));

    private static string[] Lines(params TrackedSeries[] series) => ScoreExposition.Write(series).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static TrackedSeries Series((string Name, string Value) label, ScoreV1? score) =>
        new(new SeriesIdentity("cpu", SignalKind.Cpu, "cores", new([new(label.Name, label.Value)])), new SeriesWindow()) { LastScore = score };

    private static ScoreV1 Score(double value, double score, double? expected) =>
        new(At, value, score, Decision.Normal, expected, expected - 0.1, expected + 0.1, SeriesState.Ok, null, [], []);
}
