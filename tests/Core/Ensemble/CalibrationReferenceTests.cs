using System.Text.Json;
using Dapr.Anomaly.Core.Ensemble;

namespace Dapr.Anomaly.Core.Tests.Ensemble;

/// <summary>Tails, budgets and scores against the values of a reference implementation.</summary>
public class CalibrationReferenceTests
{
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
