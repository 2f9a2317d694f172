using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;

namespace Dapr.Anomaly.Alerts;

/// <summary>Owns the state of the service. Batches are handled one after another; a batch is acknowledged after what it changed is saved.</summary>
internal sealed class IncidentService(
    AlertsStore store,
    AlertOptions options,
    StageMeter stages,
    BudgetThresholds thresholds,
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
            var openScore = await thresholds.ForModelAsync(batch.ModelVersion, cancellationToken);
            var (incidents, details) = Observe(tracker, batch, openScore);
            var (budget, granted) = Budget(incidents);
            var watched = tracker.Watched.ToHashSet();
            // Calm batches change nothing but the time of their shard, which only an open watch depends on.
            if (incidents.Count > 0 || watched.Count > 0 || _state.Tracker.Watches.Count > 0)
                await SaveAsync(
                    _state with
                    {
                        Tracker = tracker.Snapshot(),
                        Signals = details.Where(d => watched.Contains(d.Key)).ToDictionary(),
                        Outbox = [.. _state.Outbox, .. incidents.SelectMany(i => Notifications(i, granted.Contains(i.Id)))],
                        Recent = Remember(_state.Recent, incidents),
                        Budget = budget,
                    },
                    cancellationToken
                );

            metrics.Open.Set(tracker.Open.Count);
            foreach (var incident in incidents)
            {
                metrics.Incidents.WithLabels(incident.Phase.ToString().ToLowerInvariant()).Inc();
                logger.LogInformation("incident {Phase}: {Title} ({Id})", incident.Phase, incident.Title, incident.Id);
                if (incident.Phase == IncidentPhase.Opened && !granted.Contains(incident.Id))
                    TellHeldBack(incident);
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

    private BatchIncidents Observe(IncidentTracker tracker, AnomalyBatchV1 batch, Func<SeriesIdentity, double> openScore)
    {
        using var measured = stages.Measure(Stages.Incidents, batch.Anomalies.Count);
        return BatchIncidents.Of(tracker, options.Rules, _state.Signals, batch, openScore);
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
        catch
        {
            _tracker = null;
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Subscribers of the topic hear of every change, people of the beginning and the end of what their budget lets through.</summary>
    private IEnumerable<PendingNotification> Notifications(IncidentV1 incident, bool granted) =>
        (incident.Phase == IncidentPhase.Updated || !granted ? [] : options.Routes)
            .Prepend(PendingNotification.Topic)
            .Select(route => new PendingNotification(route, incident));

    /// <returns>The budgets afterwards, and the ids of the incidents that the routes may be told of.</returns>
    private (BudgetState After, HashSet<string> Granted) Budget(IReadOnlyList<IncidentV1> incidents)
    {
        var (state, ids) = (_state.Budgets, new HashSet<string>());
        foreach (var incident in incidents)
        {
            (state, var granted) = BudgetGate.Decide(state, incident, options.Alerts);
            if (granted)
                ids.Add(incident.Id);
        }
        return (state, ids);
    }

    private void TellHeldBack(IncidentV1 incident)
    {
        metrics.HeldBack.Inc();
        var team = BudgetGate.TeamOf(incident);
        logger.LogInformation(
            "incident {Id} is held back: the alert budget of team \"{Team}\" is {Budget}",
            incident.Id,
            team,
            options.Alerts.BudgetOf(team)
        );
    }

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

    private static List<IncidentV1> Remember(IReadOnlyList<IncidentV1> recent, IReadOnlyList<IncidentV1> incidents)
    {
        var changed = incidents.Select(i => i.Id).ToHashSet();
        return [.. incidents.Reverse().Concat(recent.Where(r => !changed.Contains(r.Id))).Take(AlertsState.RecentKept)];
    }
}
