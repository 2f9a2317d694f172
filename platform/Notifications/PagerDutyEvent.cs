using System.Text.Json.Serialization;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Platform.Notifications;

/// <summary>
/// Body of <c>POST /v2/enqueue</c> of PagerDuty's Events API v2. The incident id is the deduplication key, so a repeated event changes nothing and a
/// resolve closes what the trigger opened.
/// </summary>
public sealed record PagerDutyEvent(
    [property: JsonPropertyName("routing_key")] string RoutingKey,
    [property: JsonPropertyName("event_action")] string EventAction,
    [property: JsonPropertyName("dedup_key")] string DedupKey,
    [property: JsonPropertyName("payload")] PagerDutyPayload? Payload
)
{
    public static PagerDutyEvent From(IncidentV1 incident, string routingKey) =>
        incident.Phase == IncidentPhase.Resolved
            ? new(routingKey, "resolve", incident.Id, null)
            : new(
                routingKey,
                "trigger",
                incident.Id,
                new(
                    incident.Title.Length <= 1024 ? incident.Title : incident.Title[..1024],
                    incident.Workload,
                    incident.Score >= 3 ? "critical" : "error",
                    incident.Since,
                    incident.Workload,
                    new Dictionary<string, object>
                    {
                        ["signals"] = incident.Signals.Select(SignalText.Line).ToArray(),
                        ["why"] = SignalText.Shares(incident.Why),
                        ["votes"] = incident.Signals.Count > 0 ? SignalText.Votes(incident.Signals[0].Votes) : "",
                        ["score"] = Math.Round(incident.Score, 2),
                    }
                )
            );
}

public sealed record PagerDutyPayload(
    [property: JsonPropertyName("summary")] string Summary,
    [property: JsonPropertyName("source")] string Source,
    [property: JsonPropertyName("severity")] string Severity,
    [property: JsonPropertyName("timestamp")] DateTimeOffset Timestamp,
    [property: JsonPropertyName("component")] string Component,
    [property: JsonPropertyName("custom_details")] IReadOnlyDictionary<string, object> CustomDetails
);
