namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>Joining p-values of members that see the same sample, hence are dependent.</summary>
public static class Evidence
{
    /// <summary>A member that is surer of normality than this would cancel the alarm of another.</summary>
    public const double MaxP = 0.99;

    /// <summary>No calibration supports rarer statements than this.</summary>
    public const double MinP = 1e-12;

    /// <summary>
    /// Cauchy combination <c>T = Σ w tan((½ − p)π)</c>, <c>p = ½ − arctan(T)/π</c>, valid in the tail under any dependence. Weights need not sum to
    /// one. NaN where both 0 and 1 are present, which no evidence can join.
    /// </summary>
    /// <remarks>Liu and Xie, "Cauchy combination test", JASA 2020.</remarks>
    public static double Cauchy(ReadOnlySpan<double> p, ReadOnlySpan<double> weights)
    {
        if (p.Length != weights.Length || p.IsEmpty)
            throw new ArgumentException($"{p.Length} p-values but {weights.Length} weights", nameof(weights));
        double total = 0,
            statistic = 0;
        bool zero = false,
            one = false;
        for (var i = 0; i < p.Length; i++)
        {
            total += weights[i];
            zero |= p[i] <= 0;
            one |= p[i] >= 1;
        }
        if (zero || one)
            return zero && one ? double.NaN
                : zero ? 0
                : 1;
        for (var i = 0; i < p.Length; i++)
            statistic += weights[i] / total * Cotangent(p[i]);
        return statistic switch
        {
            > 1e15 => 1 / (statistic * Math.PI),
            // arctan loses digits where p is small: ½ − arctan(T)/π = arctan(1/T)/π for T > 0.
            > 0 => Math.Atan(1 / statistic) / Math.PI,
            _ => 0.5 - Math.Atan(statistic) / Math.PI,
        };
    }

    /// <summary>tan((½ − p)π) without the digits that ½ − p loses where p is near 0.</summary>
    private static double Cotangent(double p) =>
        p switch
        {
            < 1e-15 => 1 / (p * Math.PI),
            <= 0.5 => 1 / Math.Tan(p * Math.PI),
            _ => -1 / Math.Tan((1 - p) * Math.PI),
        };

    /// <summary><see cref="Cauchy"/> of p-values limited to [1e-12, 0.99] first.</summary>
    public static double CappedCauchy(ReadOnlySpan<double> p, ReadOnlySpan<double> weights)
    {
        Span<double> capped = p.Length <= 32 ? stackalloc double[p.Length] : new double[p.Length];
        for (var i = 0; i < p.Length; i++)
            capped[i] = Math.Clamp(p[i], MinP, MaxP);
        return Cauchy(capped, weights);
    }

    /// <summary>Weighted Bonferroni: the smallest <c>p/w</c>, weights normalised, at most 1. Easier to explain, more cautious.</summary>
    public static double Bonferroni(ReadOnlySpan<double> p, ReadOnlySpan<double> weights)
    {
        double total = 0,
            smallest = 1;
        foreach (var weight in weights)
            total += weight;
        for (var i = 0; i < p.Length; i++)
            smallest = Math.Min(smallest, p[i] * total / weights[i]);
        return smallest;
    }
}
