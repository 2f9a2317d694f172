using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Incidents;

/// <summary>The score of one sample of one series, and what was decided from it, as incidents see it.</summary>
public readonly record struct Observation(SeriesIdentity Series, DateTimeOffset Timestamp, double AnomalyScore, Decision Decision)
{
    /// <summary>What counts for an incident: the score, or nothing where the query's rule says that the deviation does not matter.</summary>
    public double Evidence => Decision == Decision.Ignored ? 0 : AnomalyScore;
}
