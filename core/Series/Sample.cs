namespace Dapr.Anomaly.Core.Series;

/// <summary>One observation of a series: an instant and a finite value in the unit of the series.</summary>
public readonly record struct Sample(DateTimeOffset Timestamp, double Value);
