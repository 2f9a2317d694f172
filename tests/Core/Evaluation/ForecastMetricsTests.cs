using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Core.Tests.Evaluation;

public class ForecastMetricsTests
{
    [Fact]
    public void Metrics_ReferenceForecasts_AgreeWithThePackages()
    {
        foreach (var series in GoldenData.LargeJson("golden/reference/forecast.json").GetProperty("series").EnumerateArray())
        {
            var (training, actual, season) = (
                series.GetProperty("train").Numbers(),
                series.GetProperty("test").Numbers(),
                series.GetProperty("season").GetInt32()
            );
            foreach (var model in series.GetProperty("models").EnumerateObject())
            {
                var forecast = model.Value.GetProperty("mean").Numbers();
                var expected = series.GetProperty("metrics").GetProperty(model.Name);
                Near(expected.Number("mae"), ForecastMetrics.Mae(actual, forecast));
                if (!expected.TryGetProperty("rmse", out _))
                    continue;
                Near(expected.Number("rmse"), ForecastMetrics.Rmse(actual, forecast));
                Near(200 * expected.Number("smape_fraction_0_to_1"), ForecastMetrics.Smape(actual, forecast));
                Near(expected.Number("mase"), ForecastMetrics.Mase(actual, forecast, training, season));
                if (!model.Value.TryGetProperty("lo-80", out var low) || !expected.TryGetProperty("coverage_80", out var coverage))
                    continue;
                var (lower, upper) = (low.Numbers(), model.Value.GetProperty("hi-80").Numbers());
                Near(coverage.Number(), ForecastMetrics.Coverage(actual, lower, upper));
                Near(expected.Number("pinball_0.1"), ForecastMetrics.Pinball(actual, lower, 0.1));
                Near(expected.Number("pinball_0.9"), ForecastMetrics.Pinball(actual, upper, 0.9));
                Near(
                    expected.Number("interval_score_80_mean"),
                    actual.Select((y, i) => ForecastMetrics.IntervalScore(y, lower[i], upper[i], 0.2)).Average()
                );
            }
        }
    }

    [Fact]
    public void Crps_ReferenceExamples_AgreeWithThePackage()
    {
        foreach (var example in GoldenData.LargeJson("golden/reference/forecast.json").GetProperty("metric_examples").EnumerateArray())
        {
            var (y, mu, sd) = (example.GetProperty("y").Numbers(), example.GetProperty("mu").Numbers(), example.GetProperty("sd").Numbers());
            var levels = example.GetProperty("quantile_levels").Numbers();
            var quantiles = example.GetProperty("quantiles").EnumerateArray().Select(GoldenData.Numbers).ToArray();
            var (normal, fromQuantiles, interval) = (
                example.GetProperty("crps_normal").Numbers(),
                example.GetProperty("crps_quantile").Numbers(),
                example.GetProperty("interval_score_80").Numbers()
            );
            for (var i = 0; i < y.Length; i++)
            {
                Near(normal[i], ForecastMetrics.CrpsNormal(y[i], mu[i], sd[i]));
                Near(fromQuantiles[i], ForecastMetrics.CrpsQuantiles(y[i], levels, quantiles[i]));
                Near(interval[i], ForecastMetrics.IntervalScore(y[i], quantiles[i][0], quantiles[i][^1], 0.2));
            }
        }
    }

    [Theory]
    [InlineData(0, 0.23369, 0.24673)]
    [InlineData(1, 0.60244, 0.66465)]
    [InlineData(3, 2.43657, 2.60208)]
    public void Crps_StandardNormal_IsTheTable(double y, double closed, double nine)
    {
        double[] levels = [.. Enumerable.Range(1, 9).Select(k => k / 10.0)];

        Assert.Equal(closed, ForecastMetrics.CrpsNormal(y, 0, 1), 1e-5);
        Assert.Equal(
            nine,
            ForecastMetrics.CrpsQuantiles(y, levels, [.. levels.Select(l => MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, l))]),
            1e-5
        );
    }

    [Fact]
    public void Mase_ConstantTraining_IsUndefined() => Assert.True(double.IsNaN(ForecastMetrics.Mase([1], [2], [5, 5, 5, 5], 1)));

    [Fact]
    public void Smape_BothZero_CountsZero()
    {
        Assert.Equal(0, ForecastMetrics.Smape([0, 0], [0, 0]));
        Assert.Equal(200, ForecastMetrics.Smape([1], [-1]));
    }

    private static void Near(double expected, double actual)
    {
        if (double.IsNaN(expected))
            Assert.True(double.IsNaN(actual));
        else
            Assert.True(Math.Abs(expected - actual) <= 1e-9 * Math.Max(1, Math.Abs(expected)), $"expected {expected:R}, got {actual:R}");
    }
}
