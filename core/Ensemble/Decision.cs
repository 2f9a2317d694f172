using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>What a score means for its series. The score itself is never changed by it.</summary>
public enum Decision
{
    /// <summary>No score: the state of the series says why.</summary>
    None = 0,

    Normal = 1,

    Anomalous = 2,

    /// <summary>The score is anomalous, but the query's rule says that such a deviation does not matter.</summary>
    Ignored = 3,
}

/// <summary>A decision, and the reason where the rule of the query made it.</summary>
public readonly record struct Verdict(Decision Decision, string? Reason)
{
    /// <param name="isScored">False when no member judged the sample.</param>
    /// <param name="expected">NaN when no member has an expectation; then only the score counts.</param>
    public static Verdict On(bool isScored, double score, double value, double expected, DetectionRule rule)
    {
        if (!isScored)
            return new(Decision.None, null);
        if (!ScoreThresholds.IsAnomalous(score))
            return new(Decision.Normal, null);
        return double.IsFinite(expected) && rule.ReasonToIgnore(value, expected) is { } reason
            ? new(Decision.Ignored, reason)
            : new(Decision.Anomalous, null);
    }
}
