using CsCheck;
using Dapr.Anomaly.Core.Detection.Lstm;

namespace Dapr.Anomaly.Core.Tests.Detection.Lstm;

public class QuantileTailTests
{
    private static readonly double[] Levels = [0.01, 0.1, 0.5, 0.9, 0.99];
    private static readonly float[] Quantiles = [-3, -1, 0, 1, 3];

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 0.6)] // F = 0.7
    [InlineData(1, 0.2)]
    [InlineData(-1, 0.2)]
    [InlineData(2, 0.11)] // F = 0.945
    [InlineData(3, 0.02)]
    [InlineData(-3, 0.02)]
    [InlineData(5, 0.002)] // one more segment beyond: a tenth of 0.02, as the last segment fell from 0.1 to 0.01
    [InlineData(-5, 0.002)]
    public void Surprise_KnownPlaces_IsTheTailProbability(double value, double probability) =>
        Assert.Equal(-Math.Log(probability), QuantileTail.Surprise(Levels, Quantiles, value), 1e-9);

    [Fact]
    public void Surprise_FurtherOut_IsNeverSmallerAndNeverNegative() =>
        Gen.Select(Gen.Double[-50, 50], Gen.Double[0, 5])
            .Sample(
                (value, further) =>
                {
                    var near = QuantileTail.Surprise(Levels, Quantiles, value);
                    var far = QuantileTail.Surprise(Levels, Quantiles, value + (value < 0 ? -further : further));
                    Assert.True(near >= 0 && far >= near - 1e-12);
                }
            );

    [Fact]
    public void Surprise_QuantilesThatCoincide_IsFinite() =>
        Assert.True(
            double.IsFinite(QuantileTail.Surprise(Levels, [1, 1, 1, 1, 1], 100)) && double.IsFinite(QuantileTail.Surprise(Levels, [1, 1, 1, 1, 1], 1))
        );
}
