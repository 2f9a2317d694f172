using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;

namespace Dapr.Anomaly.Alerts;

/// <summary>Owns the state of the service. Batches are handled one after another; a batch is acknowledged after what it changed is saved.</summary>
public sealed class IncidentService(
    AlertsStore store,
    AlertOptions options,
    StageMeter stages,
    AlertsMetrics metrics,
    OutboxSignal outboxSignal,
    ILogger<IncidentService> logger
)
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private IncidentTracker? _tracker;
    private AlertsState _state = AlertsState.Empty;

    public AlertsState State => _state;

    public IReadOnlyList<string> Routes => options.Routes;

    public async Task HandleAsync(AnomalyBatchV1 batch, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var tracker = await LoadAsync(cancellationToken);
            var details = new Dictionary<SeriesId, AnomalyV1>(_state.Signals);
            foreach (var anomaly in batch.Anomalies)
                if (anomaly.Score.AnomalyScore > options.Rules.AgreeScore)
                    details[anomaly.Series.Id] = anomaly;

            var transitions = Observe(tracker, batch);
            IncidentV1[] incidents = [.. transitions.Select(t => IncidentComposer.Compose(t, details))];
            var watched = tracker.Watched.ToHashSet();
            // Calm batches change nothing but the time of their shard, which only an open watch depends on.
            if (incidents.Length > 0 || watched.Count > 0 || _state.Tracker.Watches.Count > 0)
                await SaveAsync(
                    _state with
                    {
                        Tracker = tracker.Snapshot(),
                        Signals = details.Where(d => watched.Contains(d.Key)).ToDictionary(),
                        Outbox = [.. _state.Outbox, .. incidents.SelectMany(Notifications)],
                        Recent = Remember(_state.Recent, incidents),
                    },
                    cancellationToken
                );

            metrics.Open.Set(tracker.Open.Count);
            foreach (var incident in incidents)
            {
                metrics.Incidents.WithLabels(incident.Phase.ToString().ToLowerInvariant()).Inc();
                logger.LogInformation("incident {Phase}: {Title} ({Id})", incident.Phase, incident.Title, incident.Id);
            }
            outboxSignal.Raise();
        }
        catch
        {
            // What is in memory may be ahead of what is saved: the redelivered batch starts again from the store.
            _tracker = null;
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    private IReadOnlyList<IncidentTransition> Observe(IncidentTracker tracker, AnomalyBatchV1 batch)
    {
        using var measured = stages.Measure(Stages.Incidents, batch.Anomalies.Count);
        return tracker.Observe(
            new BatchSource(batch.Shard, batch.Part),
            batch.Timestamp,
            [.. batch.Anomalies.Select(a => new Observation(a.Series, a.Score.Timestamp, a.Score.AnomalyScore, a.Score.Decision))]
        );
    }

    public async Task<IReadOnlyList<PendingNotification>> PendingAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await LoadAsync(cancellationToken);
            return _state.Outbox;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Takes a notification out of the outbox after its binding accepted it.</summary>
    public async Task CompleteAsync(PendingNotification sent, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await LoadAsync(cancellationToken);
            var left = _state.Outbox.ToList();
            if (
                left.FindIndex(p => p.Route == sent.Route && p.Incident.Id == sent.Incident.Id && p.Incident.Phase == sent.Incident.Phase)
                is var index
                    and >= 0
            )
                left.RemoveAt(index);
            await SaveAsync(_state with { Outbox = left }, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Subscribers of the topic hear of every change, people of the beginning and the end.</summary>
    private IEnumerable<PendingNotification> Notifications(IncidentV1 incident) =>
        (incident.Phase == IncidentPhase.Updated ? [] : options.Routes)
            .Prepend(PendingNotification.Topic)
            .Select(route => new PendingNotification(route, incident));

    private async Task<IncidentTracker> LoadAsync(CancellationToken cancellationToken)
    {
        if (_tracker is not null)
            return _tracker;
        _state = await store.LoadAsync(cancellationToken);
        return _tracker = IncidentTracker.Restore(options.Rules, _state.Tracker);
    }

    private async Task SaveAsync(AlertsState state, CancellationToken cancellationToken)
    {
        await store.SaveAsync(state, cancellationToken);
        _state = state;
    }

    private static List<IncidentV1> Remember(IReadOnlyList<IncidentV1> recent, IncidentV1[] incidents)
    {
        var changed = incidents.Select(i => i.Id).ToHashSet();
        return [.. incidents.Reverse().Concat(recent.Where(r => !changed.Contains(r.Id))).Take(AlertsState.RecentKept)];
    }
}
