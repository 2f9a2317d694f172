using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>The verdict on one sample.</summary>
/// <param name="AnomalyScore">0 as expected, up to 1 normal, above 1 anomalous; at most 10. 0 where the state says that it was not scored.</param>
/// <param name="Expected">What was expected, with <paramref name="Lower"/> and <paramref name="Upper"/> enclosing 99 % of normal samples, in the unit
/// of the series; NaN where no member has an opinion.</param>
/// <param name="Reason">Why the state is not <see cref="SeriesState.Ok"/>.</param>
/// <param name="Votes">Every member of the model, in the order of <see cref="MemberName.All"/>.</param>
/// <param name="Why">Features that made the forest isolate the sample, largest share first; only for scores that are reported
/// (<see cref="ScoreThresholds.Report"/>).</param>
public sealed record SeriesScore(
    SeriesId Id,
    DateTimeOffset Timestamp,
    double Value,
    double AnomalyScore,
    double Expected,
    double Lower,
    double Upper,
    SeriesState State,
    string? Reason,
    IReadOnlyList<MemberVote> Votes,
    IReadOnlyList<FeatureContribution> Why
)
{
    /// <summary>Whether a member judged the sample.</summary>
    public bool IsScored => Votes.Count > 0;

    /// <summary>A sample that no member may judge.</summary>
    internal static SeriesScore Unscored(in ScoreRow row, SeriesState state, string reason) =>
        new(row.Id, row.Timestamp, row.Value, 0, double.NaN, double.NaN, double.NaN, state, reason, [], []);
}

/// <summary>The opinion of one member.</summary>
/// <param name="Member">One of <see cref="MemberName.All"/>.</param>
/// <param name="RawScore">In the member's own unit, higher is more anomalous; NaN when absent.</param>
/// <param name="P">Calibrated tail probability; NaN when absent.</param>
/// <param name="AnomalyScore">Of this member alone, on the scale of the ensemble; 0 when absent.</param>
/// <param name="State">Ok, or why the member is absent.</param>
public readonly record struct MemberVote(string Member, double RawScore, double P, double AnomalyScore, SeriesState State);

/// <summary>Share of one feature in the forest's evidence.</summary>
/// <param name="Share">0 to 1.</param>
public readonly record struct FeatureContribution(string Feature, double Share);
