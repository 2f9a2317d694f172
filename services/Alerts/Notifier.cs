using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Notifications;
using Dapr.Client;

namespace Dapr.Anomaly.Alerts;

/// <summary>
/// Carries the outbox to the topic and the bindings. A notification leaves the outbox only after its receiver accepted it, so a restart repeats at
/// most the one that was on its way;
/// receivers recognise it by the incident's id. A binding that fails is tried again with growing pauses while the others go on.
/// </summary>
internal sealed class Notifier(
    DaprClient dapr,
    IncidentService keeper,
    OutboxSignal signal,
    AlertsMetrics metrics,
    LoopHost host,
    ILogger<Notifier> logger
) : ServiceLoop("notifications", host)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (DateTimeOffset NotBefore, TimeSpan Pause)> _failing = [];
    private DateTimeOffset _repeated = DateTimeOffset.MinValue;

    protected override async Task PassAsync(CancellationToken cancellationToken)
    {
        await SendPendingAsync(cancellationToken);
        await RepeatOpenAsync(cancellationToken);
        await signal.WaitAsync(FirstPause, cancellationToken);
    }

    private async Task SendPendingAsync(CancellationToken cancellationToken)
    {
        foreach (var pending in await keeper.PendingAsync(cancellationToken))
        {
            if (_failing.TryGetValue(pending.Route, out var failing) && Time.GetUtcNow() < failing.NotBefore)
                continue;
            if (await TrySendAsync(pending.Route, pending.Incident, cancellationToken))
                await keeper.CompleteAsync(pending, cancellationToken);
        }
    }

    /// <summary>Alertmanager forgets what is not repeated.</summary>
    private async Task RepeatOpenAsync(CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        if (now - _repeated < AlertmanagerAlerts.RepeatInterval)
            return;
        _repeated = now;
        var state = keeper.State;
        var open = state.Tracker.Watches.Select(w => w.Incident?.Id).OfType<string>().ToHashSet();
        foreach (var incident in state.Recent.Where(r => open.Contains(r.Id) && !state.Budgets.HeldBack.Contains(r.Id)))
            if (keeper.Routes.Contains(BindingRequests.Alertmanager))
                await TrySendAsync(BindingRequests.Alertmanager, incident, cancellationToken);
    }

    private async Task<bool> TrySendAsync(string route, IncidentV1 incident, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(route, incident, cancellationToken);
            _failing.Remove(route);
            metrics.Notifications.WithLabels(route, "sent").Inc();
            return true;
        }
        catch (DaprException e)
        {
            metrics.Notifications.WithLabels(route, "failed").Inc();
            var pause = _failing.TryGetValue(route, out var failing)
                ? TimeSpan.FromTicks(Math.Min(failing.Pause.Ticks * 2, MaxPause.Ticks))
                : FirstPause;
            _failing[route] = (Time.GetUtcNow() + pause, pause);
            if (pause == FirstPause)
                logger.LogWarning(
                    "route \"{Route}\" did not take incident {Incident}: {Message}; it stays in the outbox",
                    route,
                    incident.Id,
                    (e.InnerException ?? e).Message
                );
            return false;
        }
    }

    private async Task SendAsync(string route, IncidentV1 incident, CancellationToken cancellationToken)
    {
        if (route == PendingNotification.Topic)
            await dapr.PublishEventAsync(Topics.PubSub, Topics.Incidents, incident, cancellationToken);
        else
            await dapr.InvokeBindingAsync(
                await BindingRequests.CreateAsync(dapr, route, incident, Time.GetUtcNow(), cancellationToken),
                cancellationToken
            );
    }
}
