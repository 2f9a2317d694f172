using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Featurizer;

/// <summary>What the user said about a query: which side of the expectation matters, and how far away a value must be to matter at all.</summary>
public static class DetectionRule
{
    /// <summary>A score that a rule holds down is still shown, at the edge of normal.</summary>
    private const double Normal = 1.0;

    public static SeriesScoreV1 Apply(CollectedQueryV1? query, SeriesScoreV1 score)
    {
        if (query is null || score.AnomalyScore <= Normal || score.Expected is not { } expected)
            return score;
        var deviation = score.Value - expected;
        var wrongSide = query.DetectionDirection switch
        {
            DetectionDirection.AboveExpected => deviation <= 0,
            DetectionDirection.BelowExpected => deviation >= 0,
            _ => false,
        };
        var reason =
            wrongSide ? $"{(deviation > 0 ? "above" : "below")} the expectation does not matter here"
            : Math.Abs(deviation) < query.MinDevFromExpected ? "less than min_dev_from_expected away"
            : Math.Abs(deviation) < query.MinRelDevFromExpected * Math.Abs(expected) ? "less than min_rel_dev_from_expected away"
            : null;
        return reason is null ? score : score with { AnomalyScore = Normal, Reason = reason };
    }
}
