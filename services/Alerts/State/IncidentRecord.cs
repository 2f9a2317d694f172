using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Alerts;

/// <summary>An incident as it was told last, and whom it still has to be told.</summary>
/// <param name="Deliveries">In the order in which a route gets them.</param>
internal sealed record IncidentRecord(int Version, IncidentV1 Incident, IReadOnlyList<Delivery> Deliveries)
{
    public const int CurrentVersion = 1;

    public bool IsOpen => Incident.Phase != IncidentPhase.Resolved;

    public bool IsPending => Deliveries.Any(d => d.Refused is null);

    public static string KeyOf(string incident) => RecordKey.Of("incident", incident);

    /// <summary>The incident changed: the routes are told after what they have to be told already; of updates that wait, only the newest.</summary>
    public IncidentRecord Tell(IncidentV1 incident, IEnumerable<string> routes) =>
        this with
        {
            Incident = incident,
            Deliveries =
            [
                .. Deliveries.Where(d =>
                    incident.Phase == IncidentPhase.Opened || d.Incident.Phase != IncidentPhase.Updated || d.Refused is not null
                ),
                .. routes.Select(route => new Delivery(route, incident)),
            ],
        };

    /// <summary>The next delivery to a route.</summary>
    public Delivery? NextTo(string route) => Deliveries.FirstOrDefault(d => d.Route == route && d.Refused is null);

    /// <summary>What became of a delivery: another state of it, or null when it is done.</summary>
    public IncidentRecord Settle(Delivery delivery, Delivery? after)
    {
        var index = Deliveries.ToList().FindIndex(d => d.Route == delivery.Route && d.Incident.Phase == delivery.Incident.Phase && d.Refused is null);
        if (index < 0)
            return this;
        List<Delivery> left = [.. Deliveries];
        if (after is null)
            left.RemoveAt(index);
        else
            left[index] = after;
        return this with { Deliveries = left };
    }
}
