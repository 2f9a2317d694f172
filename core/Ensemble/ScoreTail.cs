namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>
/// Peaks over a threshold: of <paramref name="Total"/> scores, <paramref name="Excesses"/> lay above <paramref name="Threshold"/>, and their excess
/// follows <paramref name="Law"/>.
/// </summary>
public readonly record struct ScoreTail(double Threshold, int Total, int Excesses, GeneralizedPareto Law)
{
    /// <summary>Share of the scores, from below, that the body holds.</summary>
    public const double Level = 0.98;

    /// <summary>
    /// Probability of a score as high as <paramref name="score"/>, which must lie above the threshold.
    /// Past the end point of a bounded tail it is a thousandth of the smallest rank rather than 0.
    /// </summary>
    public double PValue(double score)
    {
        var p = (double)Excesses / Total * Law.Survival(score - Threshold);
        return p > 0 ? p : 1e-3 / Total;
    }

    /// <summary>
    /// The score that is exceeded with probability <paramref name="risk"/>; the threshold itself where the risk is at least the share of excesses.
    /// </summary>
    public double Quantile(double risk)
    {
        var survival = risk * Total / Excesses;
        return survival >= 1 ? Threshold : Threshold + Law.Quantile(survival);
    }
}
