namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>Joins what the members say of one sample.</summary>
/// <remarks>
/// Members see the same sample, so their p-values are dependent and may not be multiplied. Their surprises are averaged after ln(1 + S): a member
/// that is very sure counts for more than one that is hardly sure, but no member's certainty decides alone. What the mean is worth is found on
/// held-out rows (<see cref="CalibrationTable.Joint"/>), dependence and all.
/// </remarks>
public static class Evidence
{
    /// <summary>Surprise is cut here: no calibration supports rarer statements.</summary>
    public const double MaxSurprise = 100;

    /// <summary>The rarest p-value of a member: e^−100.</summary>
    public static readonly double MinP = Math.Exp(-MaxSurprise);

    /// <summary>Mean of ln(1 + S) with S = min(−ln p, 100), 0 or more; NaN where no member has an opinion.</summary>
    /// <param name="p">P-values of the members in (0, 1], NaN for one without an opinion.</param>
    public static double Join(ReadOnlySpan<double> p)
    {
        if (p.IsEmpty)
            throw new ArgumentException("no member's evidence to join", nameof(p));
        var (sum, present) = (0.0, 0);
        foreach (var one in p)
            if (!double.IsNaN(one))
                (sum, present) = (sum + Math.Log(1 + Math.Min(MaxSurprise, -Math.Log(one))), present + 1);
        return sum / present;
    }
}
