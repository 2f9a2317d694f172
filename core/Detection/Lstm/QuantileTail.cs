namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>
/// How unusual a value is among forecast quantiles: a distribution function that is linear between the levels and falls exponentially beyond the
/// outermost ones, with the rate that the last two levels imply. Forecast quantiles are not calibrated: this is a raw score.
/// </summary>
internal static class QuantileTail
{
    // Keeps the rate finite where two quantiles nearly coincide; in window scales.
    private const double MinSlope = 1e-2;

    /// <summary>−ln of the two-sided tail probability 2·min(F, 1−F), 0 or more; computed without underflow.</summary>
    public static double Surprise(ReadOnlySpan<double> levels, ReadOnlySpan<float> quantiles, double value)
    {
        var last = levels.Length - 1;
        if (value > quantiles[last])
            return -Math.Log(2 * (1 - levels[last]))
                + (value - quantiles[last]) / Slope(quantiles[last] - (double)quantiles[last - 1], (1 - levels[last - 1]) / (1 - levels[last]));
        if (value < quantiles[0])
            return -Math.Log(2 * levels[0]) + (quantiles[0] - value) / Slope(quantiles[1] - (double)quantiles[0], levels[1] / levels[0]);
        var segment = 0;
        while (segment < last - 1 && value > quantiles[segment + 1])
            segment++;
        var width = quantiles[segment + 1] - (double)quantiles[segment];
        var below = width > 0 ? (value - quantiles[segment]) / width : 0.5;
        var cumulative = levels[segment] + below * (levels[segment + 1] - levels[segment]);
        return -Math.Log(Math.Min(1, 2 * Math.Min(cumulative, 1 - cumulative)));
    }

    private static double Slope(double width, double ratio) => Math.Max(width / Math.Log(ratio), MinSlope);
}
