using System.Text;
using System.Text.Json;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Notifications;
using Dapr.Client;

namespace Dapr.Anomaly.Alerts;

/// <summary>
/// What each known route wants: operation, body and metadata of its Dapr binding. A route with another name gets the incident itself as JSON.
/// </summary>
internal static class BindingRequests
{
    public const string Slack = "slack";
    public const string PagerDuty = "pagerduty";
    public const string AlertmanagerRoute = "alertmanager";
    public const string Email = "email";

    private const string SecretStore = "secrets";

    public static async Task<BindingRequest> CreateAsync(
        DaprClient dapr,
        string route,
        IncidentV1 incident,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        switch (route)
        {
            case Slack:
                return Post(route, SlackMessage.From(incident));
            case PagerDuty:
                var secret = await dapr.GetSecretAsync(SecretStore, PagerDuty, cancellationToken: cancellationToken);
                return secret.GetValueOrDefault("routing-key") is { Length: > 0 } key
                    ? Post(route, PagerDutyEvent.From(incident, key))
                    : throw new InvalidOperationException($"secret \"{PagerDuty}\" has no routing-key");
            case AlertmanagerRoute:
                return Alertmanager([incident], now);
            case Email:
                var message = EmailMessage.From(incident);
                var mail = new BindingRequest(route, "create") { Data = Encoding.UTF8.GetBytes(message.Html) };
                mail.Metadata["subject"] = message.Subject;
                return mail;
            default:
                return Post(route, incident);
        }
    }

    /// <summary>Alerts of several incidents in one request.</summary>
    public static BindingRequest Alertmanager(IEnumerable<IncidentV1> incidents, DateTimeOffset now) =>
        Post(AlertmanagerRoute, incidents.SelectMany(i => AlertmanagerAlerts.From(i, now)).ToArray());

    private static BindingRequest Post(string route, object body)
    {
        var request = new BindingRequest(route, "post") { Data = JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), MessageJson.Options) };
        request.Metadata["path"] = "";
        request.Metadata["errorIfNot2XX"] = "false";
        return request;
    }
}
