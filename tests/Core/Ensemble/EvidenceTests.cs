using System.Text.Json;
using CsCheck;
using Dapr.Anomaly.Core.Ensemble;

namespace Dapr.Anomaly.Core.Tests.Ensemble;

public class EvidenceTests
{
    [Theory]
    [InlineData(0.028687704, 0.01, 0.2, 0.5)]
    [InlineData(0.001, 0.001, 0.001, 0.001)]
    [InlineData(3.000058e-6, 1e-6, 0.9, 0.9)]
    [InlineData(3e-300, 1e-300, 0.5, 0.5)]
    [InlineData(0.5, 0.5, 0.5, 0.5)]
    public void Cauchy_EqualWeights_IsTheTableOfTheDefinition(double expected, double a, double b, double c) =>
        Assert.Equal(expected, Evidence.Cauchy([a, b, c], [1, 1, 1]), 1e-6 * expected);

    [Fact]
    public void Cauchy_ReferenceCases_AgreeToNineDigits()
    {
        foreach (var expected in Reference("cauchy").GetProperty("cases").EnumerateArray())
        {
            var p = expected.GetProperty("p").Numbers();
            double[] equal = [.. p.Select(_ => 1.0)],
                weights = expected.GetProperty("weights").Numbers();
            // The reference of sixty digits cannot hold 0.5 − 1e-300: there the table above is exact.
            if (p.Min() is 0 or > 1e-50)
            {
                Near(expected.Number("equal_weights"), Evidence.Cauchy(p, equal));
                Near(expected.Number("weighted"), Evidence.Cauchy(p, weights));
            }
            Near(expected.Number("capped_099_floor_1e12"), Evidence.CappedCauchy(p, equal));
            Near(expected.Number("weighted_capped"), Evidence.CappedCauchy(p, weights));
            Near(expected.Number("bonferroni_weighted_min_p_over_w_capped_1"), Evidence.Bonferroni(p, weights));
        }
    }

    [Fact]
    public void CappedCauchy_OneMemberSureOfNormality_DoesNotCancelAnAlarm()
    {
        Assert.True(Evidence.Cauchy([1e-6, 0.9999999], [1, 1]) > 0.99);
        Assert.True(Evidence.CappedCauchy([1e-6, 0.9999999], [1, 1]) < 3e-6);
    }

    [Fact]
    public void CappedCauchy_AnyMemberLessSurprised_NeverRaisesTheEvidence() =>
        Gen.Select(Gen.Double[1e-9, 0.9].Array[4], Gen.Int[0, 3], Gen.Double[1, 2])
            .Sample(
                (p, member, factor) =>
                {
                    double[] weights = [1, 2, 1, 0.5];
                    var before = Evidence.CappedCauchy(p, weights);
                    p[member] = Math.Min(1, p[member] * factor);
                    Assert.True(Evidence.CappedCauchy(p, weights) >= before * (1 - 1e-9));
                }
            );

    [Fact]
    public void PValue_BodyAndTailOfReferenceScores_AreTheReferenceValues()
    {
        var reference = Reference("body_tail");
        double[] sorted = [.. reference.GetProperty("scores").Numbers().Order()];
        var tail = new ScoreTail(
            reference.Number("u"),
            sorted.Length,
            reference.GetProperty("n_excess").GetInt32(),
            new(reference.Number("xi"), reference.Number("sigma"))
        );
        foreach (var expected in reference.GetProperty("cases").EnumerateArray())
        {
            var score = expected.Number("s");
            var p = score > tail.Threshold ? tail.PValue(score) : Conformal.PValue(sorted, score);
            Assert.Equal(expected.Number("p"), p, 1e-12);
        }
        var bounded = reference.GetProperty("negative_xi");
        var boundedTail = tail with { Law = new(bounded.Number("xi"), bounded.Number("sigma")) };
        foreach (var expected in bounded.GetProperty("cases").EnumerateArray())
            Assert.Equal(expected.Number("p"), boundedTail.PValue(expected.Number("s")), 1e-12);
        Assert.Equal(reference.Number("u"), sorted[(int)(ScoreTail.Level * sorted.Length)]);
    }

    [Fact]
    public void Risk_ReferenceBudgets_AreTheReferenceQuantiles()
    {
        foreach (var expected in Reference("budget").EnumerateArray())
            Near(
                expected.Number("q"),
                AlertBudget.Risk(
                    expected.Number("budget_per_day"),
                    expected.Number("kappa"),
                    TimeSpan.FromSeconds(expected.Number("step_s")),
                    expected.GetProperty("M").GetInt32()
                )
            );
    }

    [Fact]
    public void Adjust_MoreAlertsThanTheBudget_LowersTheRiskAndStaysInRange()
    {
        Assert.True(AlertBudget.Adjust(1e-5, 10, 3) < 1e-5);
        Assert.True(AlertBudget.Adjust(1e-5, 0, 3) > 1e-5);
        Assert.Equal(1e-5, AlertBudget.Adjust(1e-5, 3, 3), 1e-18);
        Assert.Equal(AlertBudget.MinRisk, AlertBudget.Adjust(1e-9, 1000, 1));
    }

    [Fact]
    public void Of_ReferencePairs_AreTheReferenceScores()
    {
        foreach (var expected in Reference("anomaly_score").EnumerateArray())
            Assert.Equal(expected.Number("anomaly_score_capped_10"), AnomalyScore.Of(expected.Number("p"), expected.Number("q")), 1e-12);
    }

    private static JsonElement Reference(string property) => GoldenData.LargeJson("golden/reference/calibration.json").GetProperty(property);

    private static void Near(double expected, double actual)
    {
        if (double.IsNaN(expected))
            Assert.True(double.IsNaN(actual));
        else
            Assert.True(Math.Abs(expected - actual) <= 1e-9 * Math.Abs(expected), $"expected {expected:R}, got {actual:R}");
    }
}
