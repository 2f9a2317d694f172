using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Incidents;

/// <summary>
/// Turns scores into incidents: one incident for each workload at a time. Deterministic, without clock or I/O; the time of a batch is the time of
/// its samples.
/// A batch that is not newer than the last one of its source is ignored, so redelivery is harmless. Not safe for concurrent use.
/// </summary>
public sealed class IncidentTracker(IncidentRules rules)
{
    private readonly Dictionary<string, WorkloadWatch> _watches = [];
    private readonly Dictionary<BatchSource, DateTimeOffset> _newest = [];
    private readonly HashSet<string> _changed = [];
    private int _open;

    /// <summary>Incidents that are open now, in the order of their opening.</summary>
    public IReadOnlyList<Incident> Open => [.. _watches.Values.Select(w => w.Incident).OfType<Incident>().OrderBy(i => i.OpenedAt)];

    /// <summary>How many incidents are open now.</summary>
    public int OpenCount => _open;

    /// <summary>Series whose further scores are needed although they may be calm: those of open incidents and those with anomalous samples in the
    /// opening window.</summary>
    public IEnumerable<SeriesId> Watched => _watches.Values.SelectMany(w => w.Series);

    /// <param name="source">Whose batch it is: the series of a workload may be spread over several.</param>
    public IReadOnlyList<IncidentTransition> Observe(BatchSource source, DateTimeOffset at, IReadOnlyList<Observation> observations)
    {
        if (_newest.TryGetValue(source, out var newest) && at <= newest)
            return [];
        _newest[source] = at;

        foreach (var group in observations.GroupBy(o => o.Series.Workload))
        {
            if (!_watches.TryGetValue(group.Key, out var watch))
            {
                if (!group.Any(o => o.Level > rules.OpenScore))
                    continue;
                watch = _watches[group.Key] = new WorkloadWatch(group.Key, rules);
            }
            watch.Add(at, [.. group]);
        }

        List<IncidentTransition> transitions = [];
        foreach (var (workload, watch) in _watches.ToArray())
        {
            if (watch.Advance(at, _open < rules.MaxOpen) is { } transition)
            {
                transitions.Add(transition);
                _open += transition.Change switch
                {
                    IncidentChange.Opened => 1,
                    IncidentChange.Resolved => -1,
                    _ => 0,
                };
            }
            if (watch.TakeChanged())
                _changed.Add(workload);
            if (watch.IsIdle)
            {
                _watches.Remove(workload);
                _changed.Add(workload);
            }
        }
        return transitions;
    }

    /// <summary>The newest batch of each source, to persist.</summary>
    public IReadOnlyList<SourceTime> Newest => [.. _newest.Select(n => new SourceTime(n.Key, n.Value))];

    /// <summary>The workloads that are watched, because of an open incident or of anomalous samples.</summary>
    public IReadOnlyCollection<string> Workloads => _watches.Keys;

    /// <summary>The workloads whose watches have changed since this was asked last, with what is to persist; null for one that is over.</summary>
    public IReadOnlyList<(string Workload, WorkloadWatchSnapshot? Watch)> TakeChanged()
    {
        (string, WorkloadWatchSnapshot?)[] changed = [.. _changed.Select(w => (w, _watches.GetValueOrDefault(w)?.Snapshot()))];
        _changed.Clear();
        return changed;
    }

    /// <summary>Forgets what lies after an instant, which the clock has not reached: a clock was wrong, or a sample's time.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Discard(DateTimeOffset after)
    {
        BatchSource[] ahead = [.. _newest.Where(n => n.Value > after).Select(n => n.Key)];
        if (ahead.Length == 0)
            return false;
        foreach (var source in ahead)
            _newest[source] = after;
        foreach (var (workload, watch) in _watches)
        {
            watch.Discard(after);
            if (watch.TakeChanged())
                _changed.Add(workload);
        }
        _open = _watches.Values.Count(w => w.Incident is not null);
        return true;
    }

    /// <summary>State to persist; <see cref="Restore"/> takes it back.</summary>
    public IncidentTrackerSnapshot Snapshot() =>
        new([.. _newest.Select(n => new SourceTime(n.Key, n.Value))], [.. _watches.Values.Select(w => w.Snapshot())]);

    public static IncidentTracker Restore(IncidentRules rules, IncidentTrackerSnapshot snapshot)
    {
        var tracker = new IncidentTracker(rules);
        foreach (var (source, newest) in snapshot.Newest)
            tracker._newest[source] = newest;
        foreach (var watch in snapshot.Watches)
            tracker._watches[watch.Workload] = WorkloadWatch.Restore(rules, watch);
        tracker._open = tracker._watches.Values.Count(w => w.Incident is not null);
        return tracker;
    }
}

public sealed record IncidentTrackerSnapshot(IReadOnlyList<SourceTime> Newest, IReadOnlyList<WorkloadWatchSnapshot> Watches);

/// <summary>The newest batch seen of a source.</summary>
public sealed record SourceTime(BatchSource Source, DateTimeOffset Newest);
