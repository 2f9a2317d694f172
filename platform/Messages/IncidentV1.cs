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
/// <param name="HeldBack">True where the alert budget kept it from the routes; absent where it was sent.</param>
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
    IReadOnlyList<ContributionV1> Why,
    bool? HeldBack = null
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
/// <param name="Pending">What has not been told yet, or was refused.</param>
/// <param name="Open">How many are open, whether or not they are among the newest.</param>
public sealed record IncidentListV1(IReadOnlyList<IncidentV1> Incidents, IReadOnlyList<PendingRouteV1> Pending, int Open);

/// <summary>A route that has not been told of a change of an incident.</summary>
/// <param name="Attempts">Tries that failed; absent before the first.</param>
/// <param name="Refused">The receiver's words, when it refused for good; absent while it is tried again.</param>
public sealed record PendingRouteV1(string Incident, string Route, int? Attempts = null, string? Refused = null);
