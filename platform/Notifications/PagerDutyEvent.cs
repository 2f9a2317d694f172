using System.Security.Cryptography;
using System.Text;
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
    /// <summary>Longest deduplication key that PagerDuty takes.</summary>
    private const int MaxKey = 255;

    private const int MaxSummary = 1024;
    private const int MaxLine = 1000;

    public static PagerDutyEvent From(IncidentV1 incident, string routingKey) =>
        incident.Phase == IncidentPhase.Resolved
            ? new(routingKey, "resolve", Key(incident.Id), null)
            : new(
                routingKey,
                "trigger",
                Key(incident.Id),
                new(
                    PlainText.Line(incident.Title, MaxSummary),
                    PlainText.Line(incident.Workload, MaxKey),
                    incident.Score >= 3 ? "critical" : "error",
                    incident.Since,
                    PlainText.Line(incident.Workload, MaxKey),
                    new Dictionary<string, object>
                    {
                        ["signals"] = incident.Signals.Select(s => PlainText.Line(SignalText.Line(s), MaxLine)).ToArray(),
                        ["why"] = PlainText.Line(SignalText.Shares(incident.Why), MaxLine),
                        ["votes"] = incident.Signals.Count > 0 ? SignalText.Votes(incident.Signals[0].Votes) : "",
                        ["score"] = Math.Round(incident.Score, 2),
                    }
                )
            );

    /// <summary>The id, or its beginning and a digest of the whole: trigger and resolve have the same.</summary>
    private static string Key(string id)
    {
        if (id.Length <= MaxKey)
            return id;
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))[..32];
        return $"{PlainText.Cut(id, MaxKey - digest.Length - 1)}-{digest}";
    }
}

public sealed record PagerDutyPayload(
    [property: JsonPropertyName("summary")] string Summary,
    [property: JsonPropertyName("source")] string Source,
    [property: JsonPropertyName("severity")] string Severity,
    [property: JsonPropertyName("timestamp")] DateTimeOffset Timestamp,
    [property: JsonPropertyName("component")] string Component,
    [property: JsonPropertyName("custom_details")] IReadOnlyDictionary<string, object> CustomDetails
);
