using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>What is known of one sample: its score, and what was decided from it.</summary>
/// <param name="AnomalyScore">0 as expected, up to 1 normal, above 1 anomalous; at most 10. What is decided never changes it.</param>
/// <param name="Decision">What the score means by the rule of the query.</param>
/// <param name="Expected">Expected value, with <paramref name="Lower"/> and <paramref name="Upper"/>, in the unit of the series; absent when no
/// member has an opinion.</param>
/// <param name="Reason">Why the state is not <c>ok</c>, or why an anomalous score is ignored.</param>
public sealed record ScoreV1(
    DateTimeOffset Timestamp,
    double Value,
    double AnomalyScore,
    Decision Decision,
    double? Expected,
    double? Lower,
    double? Upper,
    SeriesState State,
    string? Reason,
    IReadOnlyList<VoteV1> Votes,
    IReadOnlyList<ContributionV1> Why
)
{
    public static ScoreV1 From(SeriesScore score, DetectionRule rule)
    {
        var verdict = Verdict.On(score.IsScored, score.AnomalyScore, score.Value, score.Expected, rule);
        return new(
            score.Timestamp,
            score.Value,
            score.AnomalyScore,
            verdict.Decision,
            Finite(score.Expected),
            Finite(score.Lower),
            Finite(score.Upper),
            score.State,
            verdict.Reason ?? score.Reason,
            [.. score.Votes.Where(v => v.State == SeriesState.Ok).Select(v => new VoteV1(v.Member, v.AnomalyScore))],
            [.. score.Why.Select(w => new ContributionV1(w.Feature, w.Share))]
        );
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}

/// <param name="AnomalyScore">The member's own calibrated score on the same scale.</param>
public sealed record VoteV1(string Member, double AnomalyScore);

/// <param name="Share">Share of the evidence, 0 to 1.</param>
public sealed record ContributionV1(string Name, double Share);

/// <summary>Scores of one collection that matter to incidents: every series that is reported, and every series that was reported lately.</summary>
/// <param name="Shard">With <paramref name="Part"/>: whose batch it is. The messages of a part come in order of time.</param>
/// <param name="Timestamp">Of the newest samples of the collection.</param>
/// <param name="Anomalies">Of that time.</param>
/// <param name="Earlier">What the same collection brought of earlier times, oldest first; absent where it brought one time, as
/// usual.</param>
public sealed record AnomalyBatchV1(
    int Shard,
    int Part,
    DateTimeOffset Timestamp,
    string ModelVersion,
    IReadOnlyList<AnomalyV1> Anomalies,
    IReadOnlyList<AnomalyColumnV1>? Earlier = null
)
{
    /// <summary>One batch for each time, oldest first.</summary>
    public IEnumerable<AnomalyBatchV1> ByTime() =>
        (Earlier ?? [])
            .Select(column => this with { Timestamp = column.Timestamp, Anomalies = column.Anomalies, Earlier = null })
            .Append(this with { Earlier = null });
}

/// <summary>Scores of one time.</summary>
public sealed record AnomalyColumnV1(DateTimeOffset Timestamp, IReadOnlyList<AnomalyV1> Anomalies);

public sealed record AnomalyV1(SeriesIdentity Series, ScoreV1 Score);
