namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>
/// Fits calibrations from held-out scores that were not trained on. The few excesses of one series make wild tails, so each is shrunk towards the
/// tail that all series of its kind share, on excesses divided by the series' own spread. Tails are exponential: a bounded one calls the first score
/// beyond those seen impossible, a heavier one compresses the evidence until nothing is anomalous.
/// </summary>
public static class CalibrationFit
{
    /// <summary>Weight of the shared tail, in excesses.</summary>
    private const double PriorExcesses = 50;

    /// <summary>Fewer scores than this give a series no calibration of its own.</summary>
    public const int MinHistory = 50;

    /// <summary>Most scores that the shared calibration looks at.</summary>
    private const int MaxPooled = 20_000;

    /// <summary>One calibration for each history (null where it is too short) and the shared one, null where none is long enough.</summary>
    /// <param name="histories">Finite held-out scores of one member, by series of one kind, in any order.</param>
    public static (MemberCalibration? Shared, MemberCalibration?[] Own) Fit(IReadOnlyList<double[]> histories)
    {
        var own = new MemberCalibration?[histories.Count];
        var spreads = new double[histories.Count];
        List<double> pooledExcesses = [];
        var total = 0;
        for (var s = 0; s < histories.Count; s++)
        {
            if (histories[s].Length < MinHistory)
                continue;
            var sorted = Sorted(histories[s]);
            var threshold = Threshold(sorted);
            spreads[s] = threshold - sorted[sorted.Length / 2];
            total += sorted.Length;
            if (spreads[s] <= 0)
                continue;
            foreach (var score in sorted)
                if (score > threshold)
                    pooledExcesses.Add((score - threshold) / spreads[s]);
        }
        if (total == 0)
            return (null, own);

        var prior = Exponential(pooledExcesses.Count >= 10 ? ParetoFit.Grimshaw(pooledExcesses.ToArray()) : new GeneralizedPareto(0, 1));
        // A series whose held-out scores hardly move gets at least a quarter of its kind's typical spread.
        var spreadFloor = Math.Max(1e-9, 0.25 * Median(spreads.Where(s => s > 0)));
        for (var s = 0; s < histories.Count; s++)
            if (histories[s].Length >= MinHistory)
                own[s] = Shrunk(Sorted(histories[s]), Math.Max(spreadFloor, spreads[s]), prior);
        var pooled = Sorted(Thinned(histories));
        return (Shrunk(pooled, Math.Max(spreadFloor, Threshold(pooled) - pooled[pooled.Length / 2]), prior), own);
    }

    private static MemberCalibration Shrunk(double[] sorted, double spread, GeneralizedPareto prior)
    {
        var threshold = Threshold(sorted);
        double[] excesses = [.. sorted.Where(s => s > threshold).Select(s => (s - threshold) / spread)];
        var law = prior;
        if (excesses.Length >= 2)
        {
            // With few excesses the likelihood runs to the bounds; weighted moments do not.
            var fitted = Exponential(excesses.Length >= 20 ? ParetoFit.Grimshaw(excesses) : ParetoFit.WeightedMoments(excesses));
            var weight = excesses.Length / (excesses.Length + PriorExcesses);
            law = new(0, Math.Exp(weight * Math.Log(fitted.Scale) + (1 - weight) * Math.Log(prior.Scale)));
        }
        // Where no held-out score lay above the threshold, a new one above it is the first of n + 1.
        var tail = new ScoreTail(threshold, sorted.Length, Math.Max(1, excesses.Length), new(law.Shape, law.Scale * spread));
        var quantiles = new float[MemberCalibration.Knots];
        for (var k = 0; k < quantiles.Length; k++)
            quantiles[k] = (float)sorted[(int)Math.Round(k * (sorted.Length - 1.0) / (quantiles.Length - 1))];
        return new(tail, quantiles);
    }

    private static GeneralizedPareto Exponential(GeneralizedPareto law) => new(0, law.Scale is > 1e-6 and < 1e6 ? law.Scale : 1);

    private static double Threshold(double[] sorted) => sorted[Math.Min(sorted.Length - 1, (int)(ScoreTail.Level * sorted.Length))];

    private static double[] Sorted(double[] scores)
    {
        var sorted = (double[])scores.Clone();
        Array.Sort(sorted);
        return sorted;
    }

    private static double[] Thinned(IReadOnlyList<double[]> histories)
    {
        var total = histories.Sum(h => h.Length);
        var stride = Math.Max(1, total / MaxPooled);
        return [.. histories.SelectMany(h => h).Where((_, i) => i % stride == 0)];
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? 0 : sorted[sorted.Length / 2];
    }
}
