using System.Globalization;
using System.Text.Json;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Tests.Ensemble;

public class ConformalTests
{
    [Fact]
    public void QuantileAndPValue_ReferenceScores_AreTheReferenceRanks()
    {
        var reference = Reference("split_conformal");
        double[] scores = [.. reference.GetProperty("scores").Numbers().Order()];

        foreach (var expected in reference.GetProperty("quantiles").EnumerateArray())
        {
            double[] first = [.. reference.GetProperty("scores").Numbers().Take(expected.GetProperty("n").GetInt32()).Order()];
            Assert.Equal(expected.Number("quantile"), Conformal.Quantile(first, expected.Number("alpha")), 1e-12);
        }
        foreach (var expected in reference.GetProperty("p_values").EnumerateArray())
            Assert.Equal(expected.Number("p"), Conformal.PValue(scores, expected.Number("score")), 1e-12);
    }

    [Fact]
    public void WeightedQuantile_ReferenceScores_AreTheReferenceValues()
    {
        var reference = Reference("weighted_conformal");
        foreach (var expected in reference.GetProperty("quantiles").EnumerateObject())
            Assert.Equal(
                expected.Value.Number(),
                Conformal.WeightedQuantile(
                    reference.GetProperty("scores_oldest_first").Numbers(),
                    0.99,
                    double.Parse(expected.Name, CultureInfo.InvariantCulture)
                )
            );
    }

    [Fact]
    public void OutsideBy_ReferenceIntervals_WidenAsTheReferenceDoes()
    {
        var reference = Reference("cqr");
        var (y, lower, upper) = (reference.GetProperty("y").Numbers(), reference.GetProperty("lo").Numbers(), reference.GetProperty("hi").Numbers());
        double[] outside = [.. y.Select((v, i) => Conformal.OutsideBy(v, lower[i], upper[i]))];

        Assert.Equal(reference.GetProperty("nonconformity").Numbers(), outside);
        Assert.Equal(reference.Number("widen_by"), Conformal.Quantile([.. outside.Order()], reference.Number("alpha")), 1e-12);
    }

    [Theory]
    [InlineData("gamma_0.005", 0.005)]
    [InlineData("gamma_0.02", 0.02)]
    [InlineData("gamma_0.05", 0.05)]
    public void Adaptive_ReferenceStream_AdaptsStepByStep(string run, double rate)
    {
        var reference = Reference("aci");
        var expected = reference.GetProperty("runs").GetProperty(run);
        var (y, mu) = (reference.GetProperty("y").Numbers(), reference.GetProperty("mu").Numbers());
        var warmUp = reference.GetProperty("warm_up").GetInt32();
        var adaptive = new AdaptiveConformal(reference.Number("alpha"), rate, reference.GetProperty("window").GetInt32());
        var alphas = expected.GetProperty("alpha_t_every_10").Numbers();
        var quantiles = expected.GetProperty("quantile_every_10").Numbers();
        List<int> outside = [];

        for (var t = 0; t < y.Length; t++)
        {
            var score = Math.Abs(y[t] - mu[t]);
            if (t < warmUp)
            {
                adaptive.Warm(score);
                continue;
            }
            if ((t - warmUp) % 10 == 0)
            {
                Assert.Equal(alphas[(t - warmUp) / 10], adaptive.Alpha, 1e-12);
                Assert.Equal(quantiles[(t - warmUp) / 10], adaptive.Quantile, 1e-12);
            }
            if (adaptive.Add(score))
                outside.Add(t);
        }

        Assert.Equal(expected.GetProperty("outside_index").Numbers().Select(i => (int)i), outside);
        Assert.Equal(expected.Number("miscoverage"), outside.Count / (double)(y.Length - warmUp), 1e-12);
    }

    [Fact]
    public void Adaptive_ErrorsDoubleHalfway_LongRunCoverageHolds()
    {
        var random = new Xoshiro256(3);
        var adaptive = new AdaptiveConformal(0.1, 0.02, 500);
        for (var t = 0; t < 200; t++)
            adaptive.Warm(Math.Abs(random.NextGaussian()));

        var misses = 0;
        for (var t = 0; t < 4000; t++)
            misses += adaptive.Add((t < 2000 ? 1 : 2) * Math.Abs(random.NextGaussian())) ? 1 : 0;

        Assert.Equal(0.1, misses / 4000.0, 0.01);
    }

    private static JsonElement Reference(string property) => GoldenData.LargeJson("golden/reference/calibration.json").GetProperty(property);
}
