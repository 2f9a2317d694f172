namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>
/// Quantiles of a histogram: linear within a bucket, as PromQL's histogram_quantile does, so they are as exact as the buckets are narrow.
/// </summary>
internal static class Quantiles
{
    /// <returns>Null for an empty histogram.</returns>
    public static double? Of(IReadOnlyList<(double UpperBound, double Count)> buckets, double quantile)
    {
        var rank = quantile * buckets.Sum(b => b.Count);
        if (rank <= 0)
            return null;
        var (lower, seen) = (0.0, 0.0);
        foreach (var (upper, count) in buckets)
        {
            if (count > 0 && seen + count >= rank)
                return double.IsInfinity(upper) ? lower : lower + ((upper - lower) * (rank - seen) / count);
            seen += count;
            lower = upper;
        }
        return lower;
    }

    /// <summary>Upper bound of the highest bucket in which something is; null for an empty histogram, or when that bucket has no end.</summary>
    public static double? Max(IReadOnlyList<(double UpperBound, double Count)> buckets) =>
        buckets.LastOrDefault(b => b.Count > 0) is { Count: > 0, UpperBound: var bound } && double.IsFinite(bound) ? bound : null;
}
