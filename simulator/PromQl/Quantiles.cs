namespace Dapr.Anomaly.Simulator.PromQl;

/// <summary>Quantiles of values and of histogram buckets, as Prometheus 2.42 computes them.</summary>
internal static class Quantiles
{
    /// <summary>Linear interpolation between order statistics; sorts the array.</summary>
    public static double OfValues(double q, double[] values)
    {
        if (values.Length == 0 || double.IsNaN(q))
            return double.NaN;
        if (q < 0)
            return double.NegativeInfinity;
        if (q > 1)
            return double.PositiveInfinity;
        Array.Sort(values);
        var rank = q * (values.Length - 1);
        var lower = Math.Max(0, (int)Math.Floor(rank));
        var upper = Math.Min(values.Length - 1, lower + 1);
        var weight = rank - Math.Floor(rank);
        return values[lower] * (1 - weight) + values[upper] * weight;
    }

    /// <summary>
    /// Interpolates inside the bucket that holds the rank. Bounds rise strictly; counts are cumulative and are made monotone in place.
    /// </summary>
    public static double OfBuckets(double q, ReadOnlySpan<double> bounds, Span<double> counts)
    {
        if (double.IsNaN(q))
            return double.NaN;
        if (q < 0)
            return double.NegativeInfinity;
        if (q > 1)
            return double.PositiveInfinity;
        if (bounds.Length < 2 || !double.IsPositiveInfinity(bounds[^1]))
            return double.NaN;
        for (var i = 1; i < counts.Length; i++)
            if (counts[i] < counts[i - 1])
                counts[i] = counts[i - 1];
        var total = counts[^1];
        if (total == 0 || double.IsNaN(total))
            return double.NaN;
        var rank = q * total;
        var b = 0;
        while (b < counts.Length - 1 && counts[b] < rank)
            b++;
        if (b == counts.Length - 1)
            return bounds[^2];
        if (b == 0 && bounds[0] <= 0)
            return bounds[0];
        var start = 0.0;
        var count = counts[b];
        if (b > 0)
        {
            start = bounds[b - 1];
            count -= counts[b - 1];
            rank -= counts[b - 1];
        }
        return start + (bounds[b] - start) * (rank / count);
    }
}
