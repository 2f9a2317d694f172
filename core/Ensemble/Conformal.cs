namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>Split conformal prediction: ranks among calibration scores give guarantees that need no distribution.</summary>
public static class Conformal
{
    /// <summary><c>(1 + #{s_i ≥ score})/(n + 1)</c>; the resolution is 1/(n + 1).</summary>
    public static double PValue(ReadOnlySpan<double> sortedScores, double score)
    {
        int low = 0,
            high = sortedScores.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (sortedScores[middle] >= score)
                high = middle;
            else
                low = middle + 1;
        }
        return (1.0 + sortedScores.Length - low) / (sortedScores.Length + 1);
    }

    /// <summary>The ⌈(n + 1)(1 − α)⌉-th smallest score; infinite when n is too small for α.</summary>
    public static double Quantile(ReadOnlySpan<double> sortedScores, double alpha)
    {
        // The tolerance keeps (99 + 1)·(1 − 0.1) at rank 90 in spite of rounding.
        var rank = (int)Math.Ceiling((sortedScores.Length + 1) * (1 - alpha) - 1e-9);
        return rank > sortedScores.Length ? double.PositiveInfinity : sortedScores[Math.Max(1, rank) - 1];
    }

    /// <summary>
    /// The smallest score with cumulative weight <c>/(Σw + 1) ≥ 1 − α</c>, the weights falling by <paramref name="decay"/> from the newest backwards:
    /// for scores that drift.
    /// </summary>
    public static double WeightedQuantile(ReadOnlySpan<double> scoresOldestFirst, double decay, double alpha)
    {
        var scores = scoresOldestFirst.ToArray();
        var weights = new double[scores.Length];
        var total = 1.0;
        for (var i = 0; i < scores.Length; i++)
            total += weights[i] = Math.Pow(decay, scores.Length - 1 - i);
        Array.Sort(scores, weights);
        var cumulative = 0.0;
        for (var i = 0; i < scores.Length; i++)
        {
            cumulative += weights[i];
            if (cumulative / total >= 1 - alpha)
                return scores[i];
        }
        return double.PositiveInfinity;
    }

    /// <summary>How far y lies outside [lower, upper]; negative inside. The nonconformity of conformalised quantile regression.</summary>
    /// <remarks>Romano et al. 2019.</remarks>
    public static double OutsideBy(double y, double lower, double upper) => Math.Max(lower - y, y - upper);
}
