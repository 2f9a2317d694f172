namespace Dapr.Anomaly.Core.Evaluation;

/// <summary>
/// F1 at the threshold that suits the labels best. Never a headline and never a figure to tune by: the threshold knows the labels, and after point
/// adjustment random scores reach 0.8 and more. Kept to show what such figures are worth.
/// </summary>
public static class OracleF1
{
    private const int Thresholds = 100;

    /// <summary>Plain F1 of rows, the best over every threshold.</summary>
    /// <remarks>As TSB-AD's Standard-F1: 1e-5 is added to the denominator.</remarks>
    public static double Plain(ReadOnlySpan<bool> labels, ReadOnlySpan<double> scores)
    {
        var order = new int[scores.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        var descending = scores.ToArray();
        Array.Sort(descending, order, Comparer<double>.Create(static (a, b) => b.CompareTo(a)));
        var positives = labels.Count(true);
        double best = 0;
        var hits = 0;
        for (var i = 0; i < order.Length; i++)
        {
            hits += labels[order[i]] ? 1 : 0;
            if (i + 1 < order.Length && descending[i + 1] == descending[i])
                continue;
            var (precision, recall) = (hits / (i + 1.0), hits / (double)positives);
            best = Math.Max(best, 2 * precision * recall / (precision + recall + 1e-5));
        }
        return best;
    }

    /// <summary>
    /// F1 of rows after every event of which at least a share of the rows is predicted counts as predicted as a whole, the best of 100 thresholds
    /// evenly between the smallest and the largest score (a row is predicted above the threshold).
    /// </summary>
    /// <param name="share">0 to 1: 0 is point adjustment (one row is enough), 1 is nearly plain F1.</param>
    /// <remarks>Kim et al., "Towards a rigorous evaluation of time-series anomaly detection", AAAI 2022 (PA%K, here with at least K %).</remarks>
    public static double PointAdjusted(ReadOnlySpan<bool> labels, ReadOnlySpan<double> scores, double share = 0)
    {
        var events = LabelledEvent.In(labels);
        var best = 0.0;
        foreach (var threshold in Grid(scores))
        {
            int hits = 0,
                predicted = 0;
            foreach (var score in scores)
                predicted += score > threshold ? 1 : 0;
            foreach (var (first, last) in events)
            {
                var found = 0;
                for (var x = first; x <= last; x++)
                    found += scores[x] > threshold ? 1 : 0;
                var length = last - first + 1;
                if (found > 0 && found >= share * length)
                    (hits, predicted) = (hits + length, predicted + length - found);
                else
                    hits += found;
            }
            best = Math.Max(best, F1(hits, predicted, labels.Count(true)));
        }
        return best;
    }

    private static double F1(double hits, double predicted, double positives) => hits == 0 ? 0 : 2 * hits / (predicted + positives);

    internal static double[] Grid(ReadOnlySpan<double> scores)
    {
        double low = double.PositiveInfinity,
            high = double.NegativeInfinity;
        foreach (var score in scores)
            (low, high) = (Math.Min(low, score), Math.Max(high, score));
        var step = (high - low) / (Thresholds - 1);
        var grid = new double[Thresholds];
        for (var k = 0; k < Thresholds; k++)
            grid[k] = k == Thresholds - 1 ? high : low + k * step;
        return grid;
    }
}
