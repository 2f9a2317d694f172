namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Answer of <c>GET /v1/queries</c> of the collector: what it collects, from where, and how often.</summary>
/// <param name="Notes">What a person should know: exporters that are missing, queries without an answer.</param>
public sealed record CollectedQueriesV1(
    string Source,
    double StepSeconds,
    int Shards,
    IReadOnlyList<SignalJson> Queries,
    IReadOnlyList<string> Notes
);

/// <summary>Body of <c>POST /v1/history</c> of the collector; the answer is a <see cref="Core.Series.SampleTable"/> in its binary form.</summary>
/// <param name="Name">Query whose history is wanted.</param>
/// <param name="Start">First column, inclusive.</param>
/// <param name="End">Last column, inclusive.</param>
public sealed record HistoryRequestV1(string Name, DateTimeOffset Start, DateTimeOffset End, double StepSeconds);
