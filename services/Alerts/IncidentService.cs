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
    TimeProvider time,
    ILogger<IncidentService> logger
)
{
    /// <summary>How far a sample may be ahead of the clock: machines differ a little, and more than that is a wrong clock.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private AlertsMemory? _memory;

    /// <exception cref="MessageException">The batch is of the future.</exception>
    public async Task HandleAsync(AnomalyBatchV1 batch, CancellationToken cancellationToken)
    {
        var limit = time.GetUtcNow() + MaxAhead;
        if (batch.Timestamp > limit || batch.Anomalies.Any(a => a.Score.Timestamp > limit))
            throw new MessageException($"the batch is of {batch.Timestamp:u}, the clock says {time.GetUtcNow():u}: is a clock wrong?");
        await ExclusivelyAsync(memory => HandleAsync(memory, batch, limit, cancellationToken), cancellationToken);
    }

    /// <summary>What a page shows: the newest incidents, how many are open, and what has not been told yet.</summary>
    /// <param name="limit">Entries of each list.</param>
    public Task<IncidentListV1> ListAsync(int limit, CancellationToken cancellationToken) =>
        ExclusivelyAsync(memory => Task.FromResult(List(memory, limit)), cancellationToken);

    /// <summary>The delivery to a route whose time has come, or when to look again.</summary>
    public Task<(Delivery? Due, DateTimeOffset? Next)> DueAsync(string route, CancellationToken cancellationToken) =>
        ExclusivelyAsync(memory => Task.FromResult(memory.Book.Due(route, time.GetUtcNow())), cancellationToken);

    /// <summary>Keeps what became of a delivery.</summary>
    /// <param name="after">The delivery as it waits on, or was refused; null when the receiver took it.</param>
    public Task SettleAsync(Delivery delivery, Delivery? after, CancellationToken cancellationToken) =>
        ExclusivelyAsync(
            async memory =>
            {
                if (memory.Book.Settle(delivery, after) is { } record)
                    await store.SaveAsync(record, cancellationToken);
                metrics.Pending.Set(memory.Book.Pending);
                return true;
            },
            cancellationToken
        );

    /// <summary>Open incidents that the routes were told of.</summary>
    public Task<IReadOnlyList<IncidentV1>> OpenAsync(CancellationToken cancellationToken) =>
        ExclusivelyAsync(
            memory =>
                Task.FromResult<IReadOnlyList<IncidentV1>>([
                    .. memory.Book.Newest.Where(r => r.IsOpen && !memory.Budget.HeldBack.Contains(r.Incident.Id)).Select(r => r.Incident),
                ]),
            cancellationToken
        );

    private async Task<bool> HandleAsync(AlertsMemory memory, AnomalyBatchV1 batch, DateTimeOffset limit, CancellationToken cancellationToken)
    {
        if (memory.Tracker.Discard(limit))
            logger.LogWarning("what was seen after {Limit:u} is forgotten: a clock was ahead", limit);
        var watchedBefore = memory.Tracker.Workloads.Count;
        var openScore = await thresholds.ForModelAsync(batch.ModelVersion, cancellationToken);
        var incidents = Observe(memory, batch, openScore);
        var granted = Budget(memory, incidents);
        foreach (var incident in incidents)
            memory.Book.Tell(incident, RoutesOf(incident, granted.Contains(incident.Id)));
        // Calm batches change nothing but the time of their source, which only an open watch depends on.
        if (incidents.Count > 0 || watchedBefore > 0 || memory.Tracker.Workloads.Count > 0)
        {
            var changes = memory.TakeChanges();
            await store.SaveAsync(memory.Index, changes, cancellationToken);
        }
        foreach (var incident in incidents)
        {
            metrics.Incidents.WithLabels(incident.Phase.ToString().ToLowerInvariant()).Inc();
            logger.LogInformation("incident {Phase}: {Title} ({Id})", incident.Phase, incident.Title, incident.Id);
            if (incident.Phase == IncidentPhase.Opened && !granted.Contains(incident.Id))
                TellHeldBack(incident);
        }
        metrics.Open.Set(memory.Tracker.OpenCount);
        metrics.Pending.Set(memory.Book.Pending);
        if (incidents.Count > 0)
            outboxSignal.Raise();
        return true;
    }

    private IReadOnlyList<IncidentV1> Observe(AlertsMemory memory, AnomalyBatchV1 batch, Func<SeriesIdentity, double> openScore)
    {
        using var measured = stages.Measure(Stages.Incidents, batch.Anomalies.Count);
        var (incidents, details) = BatchIncidents.Of(memory.Tracker, options.Rules, memory.Signals, batch, openScore);
        memory.Keep(details);
        return incidents;
    }

    /// <summary>Subscribers of the topic hear of every change, people of the beginning and the end of what their budget lets through.</summary>
    private IEnumerable<string> RoutesOf(IncidentV1 incident, bool granted) =>
        (incident.Phase == IncidentPhase.Updated || !granted ? [] : options.Routes).Prepend(Delivery.Topic);

    /// <returns>The ids of the incidents that the routes may be told of.</returns>
    private HashSet<string> Budget(AlertsMemory memory, IReadOnlyList<IncidentV1> incidents)
    {
        HashSet<string> ids = [];
        foreach (var incident in incidents)
        {
            (memory.Budget, var granted) = BudgetGate.Decide(memory.Budget, incident, options.Alerts);
            if (granted)
                ids.Add(incident.Id);
        }
        return ids;
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

    private static IncidentListV1 List(AlertsMemory memory, int limit)
    {
        var heldBack = memory.Budget.HeldBack.ToHashSet();
        return new(
            [.. memory.Book.Newest.Take(limit).Select(r => r.Incident with { HeldBack = heldBack.Contains(r.Incident.Id) ? true : null })],
            [
                .. memory
                    .Book.Newest.SelectMany(r => r.Deliveries)
                    .Take(limit)
                    .Select(d => new PendingRouteV1(d.Incident.Id, d.Route, d.Attempts > 0 ? d.Attempts : null, d.Refused)),
            ],
            memory.Tracker.OpenCount
        );
    }

    private async Task<T> ExclusivelyAsync<T>(Func<AlertsMemory, Task<T>> work, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            _memory ??= new(await store.LoadAsync(cancellationToken), options.Rules);
            return await work(_memory);
        }
        catch
        {
            // What is in memory may be ahead of what is saved: whoever comes next starts again from the store.
            _memory = null;
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }
}
