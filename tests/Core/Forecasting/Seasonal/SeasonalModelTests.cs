using CsCheck;
using Dapr.Anomaly.Core.Forecasting.Seasonal;

namespace Dapr.Anomaly.Core.Tests.Forecasting.Seasonal;

public class SeasonalModelTests
{
    [Fact]
    public void Fit_PeytonManning_ReachesTheExactOptimum()
    {
        var fitted = SeasonalSeries.Peyton().Fit(SeasonalOptions.Default);

        Near(-8005.159165, fitted.Objective, 1e-6 * 8005);
        Near(-0.348209, fitted.Slope, 1e-4);
        Near(0.625544, fitted.Level, 1e-5);
        Near(0.03760692, fitted.ScaledSigma, 1e-4 * 0.0376);
        Near(12.846746889, fitted.ValueScale, 1e-9);
        Assert.Equal(2963 * 86400.0, fitted.TimeScaleSeconds);
        var changes = new double[25];
        (changes[2], changes[3], changes[6], changes[7], changes[11], changes[12]) = (.3063774, .5127626, -.2978638, -.1964028, .1885360, .3228744);
        (changes[13], changes[15], changes[19], changes[22]) = (.0346751, -.9200752, .4998838, -.3391717);
        for (var j = 0; j < changes.Length; j++)
            Near(changes[j], fitted.SlopeChanges[j], changes[j] == 0 ? 0 : 1e-3);
    }

    [Theory]
    [InlineData("2008-02-07", 8.613783)]
    [InlineData("2013-04-25", 7.892452)]
    [InlineData("2016-01-19", 8.717873)]
    [InlineData("2016-01-21", 8.558484)]
    [InlineData("2017-01-15", 8.207359)]
    [InlineData("2017-01-16", 8.532366)]
    [InlineData("2017-01-17", 8.319728)]
    [InlineData("2017-01-18", 8.152399)]
    [InlineData("2017-01-19", 8.164273)]
    public void Predict_PeytonManning_IsTheExactForecast(string day, double expected) =>
        Near(expected, SeasonalSeries.Peyton().Fit(SeasonalOptions.Default).Predict(GoldenData.EpochSeconds(day)).Expected, 1e-4);

    [Fact]
    public void Predict_PeytonManningAYearAhead_HasTheDocumentedInterval()
    {
        var fitted = SeasonalSeries.Peyton().Fit(SeasonalOptions.Default);
        var end = fitted.StartSeconds + fitted.TimeScaleSeconds;
        double[] days = [.. Enumerable.Range(1, 365).Select(d => end + d * 86400.0)];
        var target = Array.IndexOf(days, GoldenData.EpochSeconds("2017-01-15"));

        var simulated = TrendSimulation.Predict(fitted, days, 8000, 1)[target];
        var closed = fitted.Predict(days[target]);

        Near(7.470, simulated.Lower, 0.06);
        Near(8.928, simulated.Upper, 0.06);
        Near(1.49, closed.Upper - closed.Lower, 0.01);
    }

    [Theory]
    [InlineData(SeasonalScaling.AbsMax, -1147.291029, -1.062313, 0.250966, 0.04405642, 5, 23.444)]
    [InlineData(SeasonalScaling.MinMax, -978.203111, -1.247344, 0.144519, 0.06119585, 5, 11.293)]
    public void Fit_BusinessDays_ReachesTheExactOptimumAndTheNewtonError(
        SeasonalScaling scaling,
        double objective,
        double slope,
        double level,
        double sigma,
        int changes,
        double rmse
    )
    {
        var series = SeasonalSeries.Daily();
        var fitted = series.Take(480).Fit(new() { Scaling = scaling });

        Near(objective, fitted.Objective, 1e-6 * Math.Abs(objective));
        Near(slope, fitted.Slope, 1e-3);
        Near(level, fitted.Level, 1e-4);
        Near(sigma, fitted.ScaledSigma, 1e-4 * sigma);
        Assert.Equal(changes, fitted.SlopeChanges.Count(d => d != 0));
        // Prophet's own test compares the 30 days after the history with the 30 held-out rows by position.
        var last = series.Seconds[479];
        var squares = Enumerable.Range(1, 30).Average(d => Math.Pow(fitted.Predict(last + d * 86400).Expected - series.Values[479 + d], 2));
        Near(rmse, Math.Sqrt(squares), 0.01);
    }

    [Fact]
    public void Fit_RowsInAnyOrder_IsTheSameFit()
    {
        var series = SeasonalSeries.Daily();
        var shuffled = new SeasonalSeries([.. series.Seconds.Reverse()], [.. series.Values.Reverse()]);

        Assert.Equal(series.Fit(SeasonalOptions.Default).Objective, shuffled.Fit(SeasonalOptions.Default).Objective, 1e-9);
    }

    [Fact]
    public void Fit_ConstantHistory_ForecastsTheConstant()
    {
        double[] seconds = [.. Enumerable.Range(0, 1000).Select(i => i * 300.0)];
        double[] values = [.. Enumerable.Repeat(4.25, 1000)];

        var fitted = SeasonalModel.Fit(seconds, values, SeasonalOptions.Default);

        Assert.Equal(4.25, fitted.Predict(400_000).Expected, 1e-12);
        Assert.True(fitted.Sigma < 1e-8);
    }

    [Fact]
    public void Fit_FlatGrowth_HasNoTrend()
    {
        var fitted = SeasonalSeries.Daily().Fit(new() { Growth = SeasonalGrowth.Flat });

        Assert.Equal(0, fitted.Slope);
        Assert.Equal(fitted.Trend(0), fitted.Trend(2e9));
    }

    [Fact]
    public void Fit_OneIncidentInTheHistory_ClippingKeepsTheCurve()
    {
        double[] seconds = [.. Enumerable.Range(0, 2016).Select(i => i * 300.0)];
        double[] clean = [.. seconds.Select((s, i) => 10 + 3 * Math.Sin(2 * Math.PI * s / 86400) + 0.1 * Math.Sin(i * 1.7))];
        double[] hurt = [.. clean];
        for (var i = 1000; i < 1012; i++)
            hurt[i] = 100;
        double Error(SeasonalOptions options) =>
            seconds.Max(s => Math.Abs(SeasonalModel.Fit(seconds, hurt, options).Expected(s) - 10 - 3 * Math.Sin(2 * Math.PI * s / 86400)));

        var plain = Error(new() { Seasonalities = [Seasonality.Daily] });
        var clipped = Error(new() { Seasonalities = [Seasonality.Daily], ClipDeviations = 5 });

        Assert.True(plain > 5 && clipped < plain / 10, $"error {plain} without clipping, {clipped} with");
    }

    [Fact]
    public void Fit_AnySignPattern_NoNeighbourOfTheOptimumIsBetter() =>
        Gen.Double[-1, 1]
            .Array[120]
            .Sample(
                noise =>
                {
                    double[] seconds = [.. Enumerable.Range(0, 120).Select(i => i * 3600.0)];
                    double[] values = [.. noise.Select((e, i) => 5 + Math.Sin(i / 9.0) + (i > 60 ? (i - 60) * 0.1 : 0) + e)];
                    var options = new SeasonalOptions { Changepoints = 8 };
                    var design = new SeasonalDesign(seconds, options);
                    var scale = values.Max(Math.Abs);
                    double[] y = [.. values.Select(v => v / scale)];
                    var solver = new MapSolver(design.Columns, SeasonalDesign.Hinges, 8);
                    var projection = new double[design.Columns];
                    design.Project(y, projection);
                    solver.Solve(design.Gram(), projection, y.Sum(v => v * v), y.Length, design.Ridge, 0.05);

                    double Objective(double[] theta, double sigma)
                    {
                        var fit = new double[y.Length];
                        design.Multiply(theta, fit, 0, design.Columns);
                        var prior = theta.Select((t, c) => c is >= 2 and < 10 ? Math.Abs(t) / 0.05 : 0.5 * design.Ridge[c] * t * t).Sum();
                        return y.Length * Math.Log(sigma)
                            + y.Zip(fit, (a, b) => (a - b) * (a - b)).Sum() / (2 * sigma * sigma)
                            + prior
                            + 2 * sigma * sigma;
                    }

                    var best = Objective(solver.Theta, solver.Sigma);
                    Assert.Equal(best, solver.Objective, 1e-8 * Math.Abs(best));
                    for (var c = 0; c < design.Columns; c++)
                        foreach (var step in (ReadOnlySpan<double>)[1e-3, -1e-3, 1e-2, -1e-2])
                        {
                            var moved = (double[])solver.Theta.Clone();
                            moved[c] += step;
                            Assert.True(Objective(moved, solver.Sigma) >= best - 1e-7, $"column {c} by {step}");
                        }
                    Assert.True(Objective(solver.Theta, solver.Sigma * 1.01) > best && Objective(solver.Theta, solver.Sigma * 0.99) > best);
                },
                iter: 50
            );

    [Fact]
    public void Fit_InfiniteValue_NamesTheRow()
    {
        var error = Assert.Throws<ArgumentException>(() => SeasonalModel.Fit([0, 1, 2], [1, double.PositiveInfinity, 2], SeasonalOptions.Default));
        Assert.Contains("row 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_OneRow_IsRefused() => Assert.Throws<ArgumentException>(() => SeasonalModel.Fit([0, 1], [1, double.NaN], SeasonalOptions.Default));

    private static void Near(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance, $"expected {expected} ± {tolerance}, got {actual:R}");
}
