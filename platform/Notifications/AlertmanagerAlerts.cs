using System.Globalization;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Platform.Notifications;

/// <summary>
/// Body of <c>POST /api/v2/alerts</c> of Alertmanager. Alertmanager forgets an alert that is not repeated before <c>endsAt</c>, so open incidents are
/// sent again at least every <see cref="RepeatInterval"/>; the labels, which identify the alert, never change over the life of an incident.
/// </summary>
public static class AlertmanagerAlerts
{
    public static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(3);
    private const int MaxValue = 1000;

    private static readonly TimeSpan Lifetime = 4 * RepeatInterval;

    public static IReadOnlyList<AlertmanagerAlert> From(IncidentV1 incident, DateTimeOffset now)
    {
        Dictionary<string, string> labels = new()
        {
            ["alertname"] = "WorkloadAnomaly",
            ["incident"] = PlainText.Line(incident.Id, MaxValue),
            ["workload"] = PlainText.Line(incident.Workload, MaxValue),
            ["severity"] = "warning",
        };
        if (incident.Signals is [var worst, ..] && worst.Series.Labels.TryGetValue("namespace", out var ns))
            labels["namespace"] = PlainText.Line(ns, MaxValue);
        Dictionary<string, string> annotations = new()
        {
            ["summary"] = PlainText.Line(incident.Title, MaxValue),
            ["description"] = string.Join('\n', incident.Signals.Take(10).Select(s => PlainText.Line(SignalText.Line(s), MaxValue))),
            ["why"] = SignalText.Shares(incident.Why),
            ["score"] = incident.Score.ToString("0.00", CultureInfo.InvariantCulture),
        };
        return [new(labels, annotations, incident.Since, incident.ResolvedAt ?? now + Lifetime)];
    }
}

public sealed record AlertmanagerAlert(
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, string> Annotations,
    DateTimeOffset StartsAt,
    DateTimeOffset EndsAt
);
