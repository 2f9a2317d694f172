using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Answer of <c>GET /v1/queries</c> of the collector: what it collects, from where, how often, and what of it matters.</summary>
/// <param name="Notes">What a person should know: exporters that are missing, queries without an answer.</param>
public sealed record CollectedQueriesV1(
    string Source,
    double StepSeconds,
    int Shards,
    IReadOnlyList<CollectedQueryV1> Queries,
    IReadOnlyList<string> Notes
);

public sealed record CollectedQueryV1(
    string Name,
    SignalKind Kind,
    string Unit,
    DetectionDirection DetectionDirection,
    double MinDevFromExpected,
    double MinRelDevFromExpected
);
