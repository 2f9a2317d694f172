using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Incidents;

/// <summary>The score of one sample of one series, and what was decided from it, as incidents see it.</summary>
/// <param name="OpenScore">
/// What the alert budget of the series' team asks for, in units of the model's threshold: 1 for the budget that the model was made for, more for a
/// smaller one
/// (<c>AlertBudget.OpenScore</c>). All levels of <see cref="IncidentRules"/> are multiplied by it.
/// </param>
public readonly record struct Observation(
    SeriesIdentity Series,
    DateTimeOffset Timestamp,
    double AnomalyScore,
    Decision Decision,
    double OpenScore = 1
)
{
    /// <summary>What counts for an incident: the score, or nothing where the query's rule says that the deviation does not matter.</summary>
    public double Evidence => Decision == Decision.Ignored ? 0 : AnomalyScore;

    /// <summary>The evidence relative to what the budget asks for; the levels of <see cref="IncidentRules"/> apply to this.</summary>
    public double Level => Evidence / OpenScore;
}
