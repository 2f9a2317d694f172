using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Incidents;

/// <summary>The recent anomalous samples of one workload and its open incident, if any.</summary>
internal sealed class WorkloadWatch(string workload, IncidentRules rules)
{
    private readonly Queue<CollectionEvidence> _recent = new();

    public Incident? Incident { get; private set; }

    /// <summary>Whether what a restart must not forget has changed since the last <see cref="TakeChanged"/>.</summary>
    private bool _changed;

    public bool IsIdle => Incident is null && _recent.All(c => c.Anomalous.Count == 0);

    public IEnumerable<SeriesId> Series => _recent.SelectMany(c => c.Anomalous.Keys).Concat(Incident?.Signals.Select(s => s.Series) ?? []).Distinct();

    /// <summary>Whether it has changed since it was asked last.</summary>
    public bool TakeChanged()
    {
        var changed = _changed;
        _changed = false;
        return changed;
    }

    /// <summary>Forgets what was seen after an instant, which the clock has not reached: it was wrong.</summary>
    public void Discard(DateTimeOffset after)
    {
        var kept = _recent.Where(c => c.At <= after).ToArray();
        _changed |= kept.Length < _recent.Count;
        _recent.Clear();
        foreach (var collection in kept)
            _recent.Enqueue(collection);
        if (Incident is not { } incident || incident.LastAnomalousAt <= after)
            return;
        Incident = incident.OpenedAt > after ? null : incident with { LastAnomalousAt = after };
        _changed = true;
    }

    public void Add(DateTimeOffset at, IReadOnlyList<Observation> observations)
    {
        Dictionary<SeriesId, double> anomalous = [];
        foreach (var observation in observations)
        {
            if (observation.Level > rules.OpenScore)
                anomalous[observation.Series.Id] = observation.AnomalyScore;
            else if (Incident is not null && observation.Level >= rules.CloseScore && Incident.Signals.Any(s => s.Series == observation.Series.Id))
                (Incident, _changed) = (Incident with { LastAnomalousAt = at }, true);
        }
        _changed |= anomalous.Count > 0;
        if (_recent.Count > 0 && at <= _recent.Last().At)
            foreach (var (series, score) in anomalous)
                _recent.Last().Anomalous[series] = score;
        else
            Push(new(at, anomalous));
    }

    /// <summary>Decides after a collection, whether or not it said anything about this workload.</summary>
    public IncidentTransition? Advance(DateTimeOffset at, bool mayOpen)
    {
        if (_recent.Count == 0 || _recent.Last().At < at)
            Push(new(at, []));

        if (Incident is null)
            return mayOpen ? TryOpen(at) : null;

        var now = _recent.Last().Anomalous;
        if (now.Count > 0)
        {
            var (signals, joined) = Merge(Incident.Signals, now, at);
            (Incident, _changed) = (Incident with { Signals = signals, LastAnomalousAt = at }, true);
            return joined ? new(IncidentChange.SignalJoined, Incident, at) : null;
        }
        if (at - Incident.LastAnomalousAt < rules.CloseAfter)
            return null;
        var resolved = Incident;
        (Incident, _changed) = (null, true);
        _recent.Clear();
        return new(IncidentChange.Resolved, resolved, at);
    }

    public WorkloadWatchSnapshot Snapshot() =>
        new(
            workload,
            Incident,
            [.. _recent.Select(c => new CollectionSnapshot(c.At, [.. c.Anomalous.Select(a => new SeriesScoreSnapshot(a.Key, a.Value))]))]
        );

    public static WorkloadWatch Restore(IncidentRules rules, WorkloadWatchSnapshot snapshot)
    {
        var watch = new WorkloadWatch(snapshot.Workload, rules) { Incident = snapshot.Incident };
        foreach (var collection in snapshot.Recent)
            watch.Push(new(collection.At, collection.Anomalous.ToDictionary(a => a.Series, a => a.Score)));
        watch._changed = false;
        return watch;
    }

    private IncidentTransition? TryOpen(DateTimeOffset at)
    {
        if (_recent.Sum(c => c.Anomalous.Count) < rules.OpenSamples)
            return null;
        IReadOnlyList<IncidentSignal> signals = [];
        foreach (var collection in _recent)
            (signals, _) = Merge(signals, collection.Anomalous, collection.At);
        var since = signals.Min(s => s.FirstAnomalousAt);
        Incident = new($"{workload}@{at.UtcDateTime:yyyyMMddTHHmmssZ}", workload, since, at, at, signals);
        _changed = true;
        return new(IncidentChange.Opened, Incident, at);
    }

    private (IReadOnlyList<IncidentSignal> Signals, bool Joined) Merge(
        IReadOnlyList<IncidentSignal> signals,
        Dictionary<SeriesId, double> scores,
        DateTimeOffset at
    )
    {
        var merged = signals.ToDictionary(s => s.Series);
        foreach (var (series, score) in scores)
            merged[series] = merged.TryGetValue(series, out var known)
                ? known with
                {
                    WorstScore = Math.Max(known.WorstScore, score),
                }
                : new(series, score, at);
        IncidentSignal[] worst = [.. merged.Values.OrderByDescending(s => s.WorstScore).ThenBy(s => s.Series.Fingerprint).Take(rules.MaxSignals)];
        return (worst, worst.Length > signals.Count);
    }

    private void Push(CollectionEvidence collection)
    {
        _recent.Enqueue(collection);
        while (_recent.Count > rules.OpenWindow)
            _changed |= _recent.Dequeue().Anomalous.Count > 0;
    }

    private sealed record CollectionEvidence(DateTimeOffset At, Dictionary<SeriesId, double> Anomalous);
}

public sealed record WorkloadWatchSnapshot(string Workload, Incident? Incident, IReadOnlyList<CollectionSnapshot> Recent);

public sealed record CollectionSnapshot(DateTimeOffset At, IReadOnlyList<SeriesScoreSnapshot> Anomalous);

public sealed record SeriesScoreSnapshot(SeriesId Series, double Score);
