namespace Dapr.Anomaly.Core.Evaluation;

/// <summary>How well scores rank anomalous rows above normal ones; NaN where one of the two is missing.</summary>
public static class RankingMetrics
{
    /// <summary>
    /// AUC-PR: average precision over the distinct scores, descending, without interpolation. A constant score gives the anomaly rate.
    /// </summary>
    public static double AveragePrecision(ReadOnlySpan<bool> labels, ReadOnlySpan<double> scores)
    {
        double area = 0;
        long hits = 0,
            seen = 0;
        var (order, positives) = Descending(labels, scores);
        for (var i = 0; i < order.Length; )
        {
            var (newHits, end) = Ties(labels, scores, order, i);
            hits += newHits;
            seen += end - i;
            area += newHits * (hits / (double)seen);
            i = end;
        }
        return positives == 0 || positives == labels.Length ? double.NaN : area / positives;
    }

    /// <summary>AUC-ROC: probability that a random anomalous row outranks a random normal one, ties half.</summary>
    public static double AreaUnderRoc(ReadOnlySpan<bool> labels, ReadOnlySpan<double> scores)
    {
        double area = 0;
        long hits = 0;
        var (order, positives) = Descending(labels, scores);
        for (var i = 0; i < order.Length; )
        {
            var (newHits, end) = Ties(labels, scores, order, i);
            area += (end - i - newHits) * (hits + newHits / 2.0);
            hits += newHits;
            i = end;
        }
        return area / ((double)positives * (labels.Length - positives));
    }

    private static (int Hits, int End) Ties(ReadOnlySpan<bool> labels, ReadOnlySpan<double> scores, int[] order, int from)
    {
        var hits = 0;
        var end = from;
        for (; end < order.Length && scores[order[end]] == scores[order[from]]; end++)
            hits += labels[order[end]] ? 1 : 0;
        return (hits, end);
    }

    private static (int[] Order, int Positives) Descending(ReadOnlySpan<bool> labels, ReadOnlySpan<double> scores)
    {
        if (labels.Length != scores.Length)
            throw new ArgumentException($"{labels.Length} labels but {scores.Length} scores", nameof(scores));
        var keys = new double[scores.Length];
        var order = new int[scores.Length];
        var positives = 0;
        for (var i = 0; i < order.Length; i++)
        {
            if (double.IsNaN(scores[i]))
                throw new ArgumentException($"score of row {i} is NaN", nameof(scores));
            (keys[i], order[i]) = (-scores[i], i);
            positives += labels[i] ? 1 : 0;
        }
        Array.Sort(keys, order);
        return (order, positives);
    }
}
