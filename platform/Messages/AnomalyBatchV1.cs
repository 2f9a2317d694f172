namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Scores of one collection that matter to incidents: every series above the watch level and every series that was above it lately.</summary>
public sealed record AnomalyBatchV1(int Shard, DateTimeOffset Timestamp, string? ModelVersion, IReadOnlyList<AnomalyV1> Anomalies);

public sealed record AnomalyV1(SeriesV1 Series, SeriesScoreV1 Score);
