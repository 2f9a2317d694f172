using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Incidents;

/// <summary>The score of one sample of one series, as incidents see it.</summary>
public readonly record struct Observation(SeriesIdentity Series, DateTimeOffset Timestamp, double AnomalyScore);
