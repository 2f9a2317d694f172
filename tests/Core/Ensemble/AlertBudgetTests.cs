using CsCheck;
using Dapr.Anomaly.Core.Ensemble;

namespace Dapr.Anomaly.Core.Tests.Ensemble;

public class AlertBudgetTests
{
    /// <summary>412 series at 15 s, 2 incidents a day of 5 samples each.</summary>
    private static readonly double Risk = AlertBudget.Risk(2, 5, TimeSpan.FromSeconds(15), 412);

    [Fact]
    public void OpenScore_DefaultBudget_IsTheModelsOwnThreshold() =>
        Assert.Equal(1, AlertBudget.OpenScore(Risk, AlertBudget.DefaultIncidentsPerDay), 12);

    [Theory]
    [InlineData(1e-6, 0.2, 1.16667)] // ln(1e-7) / ln(1e-6) = 7/6
    [InlineData(1e-6, 20, 0.83333)] // ln(1e-5) / ln(1e-6) = 5/6
    [InlineData(1e-4, 2000, 0.75)] // at most 1e-3: 3/4
    [InlineData(1e-6, 0, 1.5)] // at least 1e-9: 9/6
    public void OpenScore_OtherBudget_IsTheRatioOfTheLogarithms(double risk, double perDay, double expected) =>
        Assert.Equal(expected, AlertBudget.OpenScore(risk, perDay), 5);

    [Fact]
    public void OpenScore_PAtTheBudgetsRisk_IsExactlyTheScoreThatIsAskedFor() =>
        Gen.Select(Gen.Double[-8, -4], Gen.Double[0.1, 20])
            .Sample(
                (exponent, perDay) =>
                {
                    var q = Math.Pow(10, exponent);
                    var risk = Math.Clamp(q * perDay / 2, AlertBudget.MinRisk, AlertBudget.MaxRisk);
                    Assert.Equal(AnomalyScore.Of(risk, q), AlertBudget.OpenScore(q, perDay), 9);
                }
            );

    [Fact]
    public void OpenScore_LargerBudget_NeverAsksForMore() =>
        Gen.Select(Gen.Double[0, 50], Gen.Double[0, 50])
            .Sample((a, b) => Assert.True(AlertBudget.OpenScore(Risk, Math.Max(a, b)) <= AlertBudget.OpenScore(Risk, Math.Min(a, b))));
}
