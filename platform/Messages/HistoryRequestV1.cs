namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Body of <c>POST /v1/history</c> of the collector; the answer is a <see cref="HistoryFrame"/>.</summary>
/// <param name="Name">Query whose past is wanted.</param>
/// <param name="Start">First column, inclusive.</param>
/// <param name="End">Last column, inclusive.</param>
public sealed record HistoryRequestV1(string Name, DateTimeOffset Start, DateTimeOffset End, double StepSeconds);
