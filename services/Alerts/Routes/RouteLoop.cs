using Dapr.Anomaly.Platform.Hosting;

namespace Dapr.Anomaly.Alerts;

/// <summary>
/// Carries what waits for one route, oldest incident first, each incident's changes in their order. Every route has a loop of its own, so a slow one
/// delays no other. A notification leaves the outbox only after its receiver took it, so a crash repeats at most the one that was on its way;
/// receivers know it by the incident's id. One that fails is tried again with pauses of its own; one that is refused for good is kept with the
/// receiver's words and not tried again.
/// </summary>
internal sealed class RouteLoop(
    string route,
    NotificationSender sender,
    IncidentService incidents,
    OutboxSignal signal,
    AlertsMetrics metrics,
    LoopHost host,
    ILogger<RouteLoop> logger
) : ServiceLoop($"route {route}", host)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    protected override async Task PassAsync(CancellationToken cancellationToken)
    {
        var (delivery, _) = await incidents.DueAsync(route, cancellationToken);
        if (delivery is null)
        {
            await signal.WaitAsync(route, Look, cancellationToken);
            return;
        }
        var outcome = await sender.SendAsync(delivery, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        await incidents.SettleAsync(delivery, After(delivery, outcome), cancellationToken);
        // A receiver that fails is not asked for one thing after another as fast as it fails.
        if (outcome is SendOutcome.Failed)
            await Task.Delay(Look, Time, cancellationToken);
    }

    private Delivery? After(Delivery delivery, SendOutcome outcome)
    {
        var (id, phase) = (delivery.Incident.Id, delivery.Incident.Phase);
        switch (outcome)
        {
            case SendOutcome.Sent:
                metrics.Notifications.WithLabels(route, "sent").Inc();
                return null;
            case SendOutcome.Refused refused:
                metrics.Notifications.WithLabels(route, "refused").Inc();
                logger.LogError("route \"{Route}\" refuses incident {Incident} ({Phase}) for good: {Words}", route, id, phase, refused.Words);
                return delivery with { Attempts = delivery.Attempts + 1, Refused = refused.Words };
            case SendOutcome.Failed failed:
                metrics.Notifications.WithLabels(route, "failed").Inc();
                var after = delivery.Failed(Time.GetUtcNow(), failed.RetryAfter);
                if (delivery.Attempts == 0)
                    logger.LogWarning(
                        "route \"{Route}\" did not take incident {Incident} ({Phase}): {Reason}; tried again at {At:u}",
                        route,
                        id,
                        phase,
                        failed.Reason,
                        after.NotBefore
                    );
                return after;
            default:
                throw new InvalidOperationException($"{outcome}");
        }
    }
}
