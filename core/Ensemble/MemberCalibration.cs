namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>
/// Turns the raw score of one member on one series into a tail probability: below the threshold by its rank among held-out scores (kept as a few
/// quantiles), above by a Pareto tail. 32 quantiles and six numbers, about 150 bytes.
/// </summary>
public sealed class MemberCalibration
{
    internal const int Knots = 32;

    internal MemberCalibration(ScoreTail tail, float[] quantiles) => (Tail, Quantiles) = (tail, quantiles);

    public ScoreTail Tail { get; }

    /// <summary>Evenly spaced quantiles of the held-out scores, ascending, from the smallest to the largest.</summary>
    internal float[] Quantiles { get; }

    /// <summary>Probability of a score this high on a normal sample, in [1e-12, 1]; falls as the score rises.</summary>
    public double PValue(double score)
    {
        if (score > Tail.Threshold && Tail.Excesses > 0)
            return Math.Max(Evidence.MinP, Tail.PValue(score));
        // Never rarer than the tail begins: the two parts meet at the threshold.
        return Math.Max((1 + Tail.Total * (1 - ShareBelow(score))) / (Tail.Total + 1), (Tail.Excesses + 1.0) / (Tail.Total + 1));
    }

    private double ShareBelow(double score)
    {
        var position = Array.BinarySearch(Quantiles, (float)score);
        if (position >= 0)
        {
            // Equal scores count as at least as high.
            while (position > 0 && Quantiles[position - 1] == Quantiles[position])
                position--;
            return position / (Knots - 1.0);
        }
        var above = ~position;
        if (above == 0)
            return 0;
        if (above == Knots)
            return 1;
        var (low, high) = (Quantiles[above - 1], Quantiles[above]);
        return (above - 1 + (score - low) / (high - low)) / (Knots - 1);
    }
}
