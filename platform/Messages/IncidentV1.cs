using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Messages;

public enum IncidentPhase
{
    Opened,
    Updated,
    Resolved,
}

/// <summary>One incident: what belongs together on one workload, told once.</summary>
/// <param name="Id">Stable over the life of the incident; the deduplication key of every receiver.</param>
/// <param name="Workload"><c>namespace/workload</c>, node or instance.</param>
/// <param name="Since">First anomalous sample.</param>
/// <param name="Signals">Worst first.</param>
/// <param name="Why">Signals by their share of the evidence.</param>
public sealed record IncidentV1(
    string Id,
    IncidentPhase Phase,
    string Workload,
    string Title,
    DateTimeOffset Since,
    DateTimeOffset OpenedAt,
    DateTimeOffset? ResolvedAt,
    double Score,
    IReadOnlyList<IncidentSignalV1> Signals,
    IReadOnlyList<ContributionV1> Why
);

public sealed record IncidentSignalV1(
    SeriesIdentity Series,
    double Value,
    double? Expected,
    double? Lower,
    double? Upper,
    double AnomalyScore,
    IReadOnlyList<VoteV1> Votes,
    IReadOnlyList<ContributionV1> Why,
    SeriesState State
);

/// <summary>Answer of <c>GET /v1/incidents</c> of alerts.</summary>
/// <param name="Incidents">Newest first.</param>
/// <param name="Pending">What has not been told yet.</param>
public sealed record IncidentListV1(IReadOnlyList<IncidentV1> Incidents, IReadOnlyList<PendingRouteV1> Pending);

public sealed record PendingRouteV1(string Incident, string Route);
