using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Incidents;

/// <summary>The score of one sample of one series, as incidents see it.</summary>
/// <param name="OpenScore">
/// What the alert budget of the series' team asks for, in units of the model's threshold: 1 for the budget that the model was made for, more for a
/// smaller one
/// (<c>AlertBudget.OpenScore</c>). All levels of <see cref="IncidentRules"/> are multiplied by it.
/// </param>
public readonly record struct Observation(SeriesIdentity Series, DateTimeOffset Timestamp, double AnomalyScore, double OpenScore = 1)
{
    /// <summary>The score relative to what the budget asks for; the levels of <see cref="IncidentRules"/> apply to this.</summary>
    public double Level => AnomalyScore / OpenScore;
}
