using CsCheck;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Ensemble;

public class VerdictTests
{
    [Theory]
    [InlineData(DetectionDirection.Both, 0, 0, 2.0, Decision.Anomalous, null)]
    [InlineData(DetectionDirection.Both, 0, 0, 0.5, Decision.Anomalous, null)]
    [InlineData(DetectionDirection.AboveExpected, 0, 0, 2.0, Decision.Anomalous, null)]
    [InlineData(DetectionDirection.AboveExpected, 0, 0, 0.5, Decision.Ignored, "below the expectation does not matter here")]
    [InlineData(DetectionDirection.BelowExpected, 0, 0, 2.0, Decision.Ignored, "above the expectation does not matter here")]
    [InlineData(DetectionDirection.BelowExpected, 0, 0, 0.5, Decision.Anomalous, null)]
    [InlineData(DetectionDirection.Both, 0.6, 0, 1.5, Decision.Ignored, "less than min_dev_from_expected away")]
    [InlineData(DetectionDirection.Both, 0.6, 0, 1.7, Decision.Anomalous, null)]
    [InlineData(DetectionDirection.Both, 0, 0.6, 1.5, Decision.Ignored, "less than min_rel_dev_from_expected away")]
    [InlineData(DetectionDirection.Both, 0, 0.6, 0.3, Decision.Anomalous, null)]
    public void On_AnAnomalousScore_TheRuleOfTheQueryDecides(
        DetectionDirection direction,
        double minDev,
        double minRelDev,
        double value,
        Decision decision,
        string? reason
    ) => Assert.Equal(new(decision, reason), Verdict.On(isScored: true, 1.5, value, expected: 1, new(direction, minDev, minRelDev)));

    [Fact]
    public void On_AScoreOfExactlyOne_IsNormal() =>
        Assert.Equal(Decision.Normal, Verdict.On(isScored: true, ScoreThresholds.Anomalous, 5, 1, DetectionRule.Any).Decision);

    [Fact]
    public void On_WithoutAnExpectation_OnlyTheScoreCounts() =>
        Assert.Equal(Decision.Anomalous, Verdict.On(isScored: true, 1.5, 5, double.NaN, new(DetectionDirection.BelowExpected)).Decision);

    [Fact]
    public void On_WithoutAScore_DecidesNothing() => Assert.Equal(Decision.None, Verdict.On(isScored: false, 0, 5, 1, DetectionRule.Any).Decision);

    [Fact]
    public void Evidence_OfAnIgnoredScore_IsNothing() =>
        Gen.Double[0, 10]
            .Sample(score =>
            {
                var series = new SeriesIdentity("cpu", SignalKind.Cpu, "cores", Labels.Empty);
                Assert.Equal(0, new Observation(series, default, score, Decision.Ignored).Evidence);
                Assert.Equal(score, new Observation(series, default, score, Decision.Anomalous).Evidence);
            });

    [Fact]
    public void Thresholds_WhatIncidentsLookAt_IsReported()
    {
        var rules = IncidentRules.Default;
        Assert.True(ScoreThresholds.Report <= Math.Min(rules.CloseScore, rules.OpenScore));
        Assert.True(rules.CloseScore < rules.OpenScore);
    }
}
