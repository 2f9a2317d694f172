using CsCheck;
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
        Assert.Equal(SeriesState.NoData, SeriesStates.Of(series, At.AddMinutes(51)).State);
        for (var i = 0; i < 200; i++)
            series.Window.Append(new(At + (i * series.Window.Step), i % 7));
        Assert.Equal(SeriesState.Ok, SeriesStates.Of(series, At.AddMinutes(51)).State);
        series.LastScore = Score(1, 0, null) with { State = SeriesState.StaleModel, Reason = "trained long ago" };
        Assert.Equal((SeriesState.StaleModel, "trained long ago"), SeriesStates.Of(series, At.AddMinutes(51)));
    }

    [Theory]
    [InlineData(SeriesState.WarmingUp, "warming_up")]
    [InlineData(SeriesState.NoData, "no_data")]
    [InlineData(SeriesState.Ok, "ok")]
    public void StateNames_OfAState_AreSnakeCase(SeriesState state, string name) => Assert.Equal(name, StateNames.Of(state));

    [Theory]
    [InlineData(75, true)]
    [InlineData(76, false)]
    public void Write_AScoreOfASourceThatHangs_IsShownForFiveSteps(int secondsLater, bool isShown)
    {
        var text = ScoreExposition.Write([Series(("workload", "checkout"), Score(0.92, 0.5, null))], At.AddSeconds(secondsLater));
        Assert.Equal(isShown, text.Contains("anomaly_score{", StringComparison.Ordinal));
    }

    [Fact]
    public void States_OfASeriesWhoseSourceHangs_AreNoData()
    {
        var series = Series(("workload", "checkout"), null);
        for (var i = 0; i < 200; i++)
            series.Window.Append(new(At + (i * series.Window.Step), i % 7));
        Assert.Equal(SeriesState.NoData, SeriesStates.Of(series, At.AddHours(2)).State);
    }

    [Theory]
    [InlineData("workload", "workload")]
    [InlineData("service.name", "U__service_2e_name")]
    [InlineData("k8s.pod_name", "U__k8s_2e_pod__name")]
    [InlineData("9lives", "U___39_lives")]
    [InlineData("größe", "U__gr_f6__df_e")]
    [InlineData("😀", "U___1f600_")]
    [InlineData("__name__", "U______name____")]
    [InlineData("U__service_2e_name", "U__U____service__2e__name")]
    [InlineData("for", "exported_for")]
    [InlineData("exported_for", "exported_exported_for")]
    [InlineData("job", "job")]
    [InlineData("a:b", "U__a_3a_b")]
    public void Name_OfALabel_IsOneThatPrometheus2Reads(string name, string written)
    {
        Assert.Equal(written, ScoreLabels.Name(name, quoted: false));
        Assert.Matches("^[a-zA-Z_][a-zA-Z0-9_]*$", written);
    }

    [Theory]
    [InlineData("service.name", "\"service.name\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("workload", "workload")]
    [InlineData("__name__", "U______name____")]
    [InlineData("for", "exported_for")]
    public void Name_ForAScraperThatTakesQuotes_IsTheNameItself(string name, string written) =>
        Assert.Equal(written, ScoreLabels.Name(name, quoted: true));

    [Fact]
    public void Name_OfDifferentLabels_IsNeverTheSame() =>
        Gen.String[Gen.Char["_Uae.:9é"], 1, 8]
            .Array[2, 40]
            .Sample(names =>
            {
                foreach (var quoted in new[] { false, true })
                {
                    var written = names.Distinct().Select(n => ScoreLabels.Name(n, quoted)).ToList();
                    Assert.Equal(written.Count, written.Distinct().Count());
                    Assert.DoesNotContain("for", written);
                }
            });

    [Fact]
    public void Write_LabelsThatAreTheSameForPrometheus_ShowsOneOfThem() =>
        Assert.Single(
            Lines(Series(("a", ""), Score(0.92, 0.5, null)), Series(("b", ""), Score(0.93, 0.5, null))),
            l => l.StartsWith("y{", StringComparison.Ordinal)
        );

    [Theory]
    [InlineData("", false)]
    [InlineData("*/*", false)]
    [InlineData("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", false)]
    [InlineData("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5", false)]
    [InlineData("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4", true)]
    public void TakesQuotedText_OfAnAcceptHeader_IsWhatItSays(string accept, bool takes) =>
        Assert.Equal(takes, ScoresEndpoint.TakesQuotedText(accept));

    private static string[] Lines(params TrackedSeries[] series) =>
        ScoreExposition.Write(series, At).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static TrackedSeries Series((string Name, string Value) label, ScoreV1? score) =>
        new(new SeriesIdentity("cpu", SignalKind.Cpu, "cores", new([new(label.Name, label.Value)])), new SeriesWindow(), At) { LastScore = score };

    private static ScoreV1 Score(double value, double score, double? expected) =>
        new(At, value, score, Decision.Normal, expected, expected - 0.1, expected + 0.1, SeriesState.Ok, null, [], []);
}
