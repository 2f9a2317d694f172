using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Notifications;

namespace Dapr.Anomaly.Alerts;

/// <summary>Alertmanager forgets what is not repeated: tells it of the open incidents again and again, many in one request.</summary>
internal sealed class AlertmanagerLoop(IncidentService incidents, NotificationSender sender, LoopHost host, ILogger<AlertmanagerLoop> logger)
    : ServiceLoop("alertmanager repeats", host)
{
    private const int AlertsAtOnce = 200;

    protected override async Task PassAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(AlertmanagerAlerts.RepeatInterval, Time, cancellationToken);
        foreach (var some in (await incidents.OpenAsync(cancellationToken)).Chunk(AlertsAtOnce))
            if (
                await sender.SendAsync(BindingRequests.Alertmanager(some, Time.GetUtcNow()), cancellationToken)
                is not SendOutcome.Sent
                    and var outcome
            )
                logger.LogWarning("{Count} open incidents could not be repeated to Alertmanager: {Outcome}", some.Length, outcome);
    }
}
