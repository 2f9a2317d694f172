using MathNet.Numerics.Distributions;

namespace Dapr.Anomaly.Core.Evaluation;

/// <summary>How good forecasts were. Arrays have one value a step; smaller is better except for coverage.</summary>
public static class ForecastMetrics
{
    /// <summary>Mean absolute error, in the unit of the series.</summary>
    public static double Mae(ReadOnlySpan<double> actual, ReadOnlySpan<double> forecast) => Mean(actual, forecast, static (y, f) => Math.Abs(y - f));

    /// <summary>Root of the mean squared error, in the unit of the series.</summary>
    public static double Rmse(ReadOnlySpan<double> actual, ReadOnlySpan<double> forecast) =>
        Math.Sqrt(Mean(actual, forecast, static (y, f) => (y - f) * (y - f)));

    /// <summary><c>Σ|y − f| / Σ|y|</c>; NaN where all actual values are 0.</summary>
    public static double Wape(ReadOnlySpan<double> actual, ReadOnlySpan<double> forecast) =>
        Mae(actual, forecast) / Mean(actual, actual, static (y, _) => Math.Abs(y));

    /// <summary>Symmetric percentage error in [0, 200]; a step with both values 0 counts 0.</summary>
    public static double Smape(ReadOnlySpan<double> actual, ReadOnlySpan<double> forecast) =>
        200 * Mean(actual, forecast, static (y, f) => y == 0 && f == 0 ? 0 : Math.Abs(y - f) / (Math.Abs(y) + Math.Abs(f)));

    /// <summary>
    /// Error against that of repeating the value of one season ago over the training part; above 1 is worse than doing so. NaN where that error is 0
    /// or the training part is too short.
    /// </summary>
    /// <param name="season">Steps of a season; 1 compares with the last value.</param>
    /// <remarks>Hyndman and Koehler 2006.</remarks>
    public static double Mase(ReadOnlySpan<double> actual, ReadOnlySpan<double> forecast, ReadOnlySpan<double> training, int season)
    {
        if (training.Length <= season)
            return double.NaN;
        var naive = Mae(training[season..], training[..^season]);
        return naive == 0 ? double.NaN : Mae(actual, forecast) / naive;
    }

    /// <summary>Pinball loss of one value at one level.</summary>
    public static double Pinball(double actual, double quantile, double level) =>
        Math.Max(level * (actual - quantile), (level - 1) * (actual - quantile));

    /// <summary>Mean pinball loss of the forecasts of one quantile.</summary>
    public static double Pinball(ReadOnlySpan<double> actual, ReadOnlySpan<double> quantile, double level)
    {
        Same(actual, quantile);
        var sum = 0.0;
        for (var i = 0; i < actual.Length; i++)
            sum += Pinball(actual[i], quantile[i], level);
        return sum / actual.Length;
    }

    /// <summary>Share of steps within [lower, upper].</summary>
    public static double Coverage(ReadOnlySpan<double> actual, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper)
    {
        Same(actual, lower);
        Same(actual, upper);
        var inside = 0;
        for (var i = 0; i < actual.Length; i++)
            inside += actual[i] >= lower[i] && actual[i] <= upper[i] ? 1 : 0;
        return (double)inside / actual.Length;
    }

    /// <summary>Interval score of one interval that should hold 1 − α: its width, and 2/α times the distance of a value outside.</summary>
    /// <remarks>Gneiting and Raftery 2007.</remarks>
    public static double IntervalScore(double actual, double lower, double upper, double alpha) =>
        upper - lower + 2 / alpha * (Math.Max(0, lower - actual) + Math.Max(0, actual - upper));

    /// <summary>Continuous ranked probability score of a normal forecast.</summary>
    public static double CrpsNormal(double actual, double mean, double deviation)
    {
        var z = (actual - mean) / deviation;
        return deviation * (z * (2 * Normal.CDF(0, 1, z) - 1) + 2 * Normal.PDF(0, 1, z) - 1 / Math.Sqrt(Math.PI));
    }

    /// <summary>
    /// CRPS from K quantiles at the evenly spaced levels k/(K + 1): <c>2/K Σ pinball</c>. Overstates by 6 to 10 % at K = 9: compare only equal K.
    /// </summary>
    public static double CrpsQuantiles(double actual, ReadOnlySpan<double> levels, ReadOnlySpan<double> quantiles)
    {
        Same(levels, quantiles);
        var sum = 0.0;
        for (var k = 0; k < levels.Length; k++)
            sum += Pinball(actual, quantiles[k], levels[k]);
        return 2 * sum / levels.Length;
    }

    private static double Mean(ReadOnlySpan<double> actual, ReadOnlySpan<double> forecast, Func<double, double, double> loss)
    {
        Same(actual, forecast);
        var sum = 0.0;
        for (var i = 0; i < actual.Length; i++)
            sum += loss(actual[i], forecast[i]);
        return sum / actual.Length;
    }

    private static void Same(ReadOnlySpan<double> actual, ReadOnlySpan<double> forecast)
    {
        if (actual.Length != forecast.Length || actual.IsEmpty)
            throw new ArgumentException(
                $"{actual.Length} values against {forecast.Length}; a metric needs equally many, at least one",
                nameof(forecast)
            );
    }
}
