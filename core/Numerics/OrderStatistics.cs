namespace Dapr.Anomaly.Core.Numerics;

/// <summary>
/// Quantiles by selection (Hoare's quickselect, median of three): expected O(n), no allocation. Every method reorders the span it is given.
/// </summary>
public static class OrderStatistics
{
    /// <summary>Scale of the median absolute deviation that makes it the standard deviation of a normal sample.</summary>
    public const double MadToSigma = 1.4826;

    /// <summary>
    /// The value that would stand at <paramref name="rank"/> (from 0) if <paramref name="values"/> were sorted; those before it are then not larger,
    /// those after not smaller.
    /// </summary>
    public static double Select(Span<double> values, int rank)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, values.Length);
        int low = 0,
            high = values.Length - 1;
        while (low < high)
        {
            var pivot = MedianOfThree(values[low], values[(low + high) >>> 1], values[high]);
            int i = low,
                j = high;
            while (i <= j)
            {
                while (values[i] < pivot)
                    i++;
                while (values[j] > pivot)
                    j--;
                if (i > j)
                    break;
                (values[i], values[j]) = (values[j], values[i]);
                i++;
                j--;
            }
            if (rank <= j)
                high = j;
            else if (rank >= i)
                low = i;
            else
                break;
        }
        return values[rank];
    }

    /// <summary>Median; the mean of the two middle values when the count is even. The span must not be empty.</summary>
    public static double Median(Span<double> values) => Quantile(values, 0.5);

    /// <summary>
    /// Quantile with linear interpolation between order statistics (type 7 of Hyndman and Fan 1996), <paramref name="q"/> in [0, 1].
    /// </summary>
    public static double Quantile(Span<double> values, double q)
    {
        var position = q * (values.Length - 1);
        var rank = (int)position;
        var below = Select(values, rank);
        var weight = position - rank;
        if (weight <= 0)
            return below;
        var above = double.PositiveInfinity;
        foreach (var value in values[(rank + 1)..])
            above = Math.Min(above, value);
        return below + weight * (above - below);
    }

    /// <summary>Median of |value − <paramref name="center"/>|, unscaled. Overwrites the span with the distances.</summary>
    public static double MedianAbsoluteDeviation(Span<double> values, double center)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = Math.Abs(values[i] - center);
        return Median(values);
    }

    private static double MedianOfThree(double a, double b, double c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
