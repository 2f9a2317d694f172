namespace Dapr.Anomaly.Platform.Messages;

/// <summary>What one collection of one shard saw. Receiving it twice is harmless: a sample that is not newer than the window's last one is ignored.</summary>
/// <param name="Shard">Shard by hash of the series; fixed by configuration.</param>
/// <param name="Timestamp">Evaluation time of the queries, on the step's grid.</param>
/// <param name="StepSeconds">Distance of two collections.</param>
public sealed record MetricBatchV1(int Shard, DateTimeOffset Timestamp, double StepSeconds, IReadOnlyList<SeriesSampleV1> Samples);

/// <param name="Value">Absent when Prometheus answered NaN or infinity: missing is not NaN.</param>
public sealed record SeriesSampleV1(SeriesV1 Series, double? Value);
