using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Alerts;

/// <summary>Answer of <c>GET /v1/incidents</c>.</summary>
public sealed record IncidentPage(IReadOnlyList<ListedIncidentV1> Incidents, IReadOnlyList<PendingRoute> Pending);

/// <summary>An incident as it is listed: the message, and what became of it here.</summary>
/// <param name="HeldBack">True where the alert budget kept it from the routes; absent where it was sent.</param>
public sealed record ListedIncidentV1(
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
    bool? HeldBack
)
{
    public static ListedIncidentV1 From(IncidentV1 incident, bool heldBack) =>
        new(
            incident.Id,
            incident.Phase,
            incident.Workload,
            incident.Title,
            incident.Since,
            incident.OpenedAt,
            incident.ResolvedAt,
            incident.Score,
            incident.Signals,
            incident.Why,
            heldBack ? true : null
        );
}
