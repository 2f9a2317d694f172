namespace Dapr.Anomaly.Core.Forecasting.Seasonal;

/// <summary>
/// The saturating trend <c>cap / (1 + exp(−(k + Σδ)(t − m − Σγ)))</c>; the offsets γ keep it continuous where the rate changes.
/// </summary>
internal static class LogisticTrend
{
    public static double Value(double t, double cap, double rate, double midpoint, IReadOnlyList<double> changes, IReadOnlyList<double> times)
    {
        for (var j = 0; j < times.Count && times[j] <= t; j++)
            (rate, midpoint) = After(rate, midpoint, changes[j], times[j]);
        return cap / (1 + Math.Exp(-rate * (t - midpoint)));
    }

    /// <summary>Values at ascending scaled times.</summary>
    public static void Fill(
        ReadOnlySpan<double> t,
        double cap,
        double rate,
        double midpoint,
        ReadOnlySpan<double> changes,
        ReadOnlySpan<double> times,
        Span<double> result
    )
    {
        var j = 0;
        for (var r = 0; r < t.Length; r++)
        {
            for (; j < times.Length && times[j] <= t[r]; j++)
                (rate, midpoint) = After(rate, midpoint, changes[j], times[j]);
            result[r] = cap / (1 + Math.Exp(-rate * (t[r] - midpoint)));
        }
    }

    private static (double Rate, double Midpoint) After(double rate, double midpoint, double change, double time)
    {
        var next = rate + change;
        return (next, midpoint + (time - midpoint) * (1 - rate / next));
    }
}
