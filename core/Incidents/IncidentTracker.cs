using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Incidents;

/// <summary>
/// Turns scores into incidents: one incident for each workload at a time. Deterministic, without clock or I/O; the time of a batch is the time of
/// its samples.
/// A batch that is not newer than the last one of its shard is ignored, so redelivery is harmless. Not safe for concurrent use.
/// </summary>
public sealed class IncidentTracker(IncidentRules rules)
{
    private readonly Dictionary<string, WorkloadWatch> _watches = [];
    private readonly Dictionary<int, DateTimeOffset> _newest = [];

    /// <summary>Incidents that are open now, in the order of their opening.</summary>
    public IReadOnlyList<Incident> Open => [.. _watches.Values.Select(w => w.Incident).OfType<Incident>().OrderBy(i => i.OpenedAt)];

    /// <summary>Series whose further scores are needed although they may be calm: those of open incidents and those with anomalous samples in the
    /// opening window.</summary>
    public IEnumerable<SeriesId> Watched => _watches.Values.SelectMany(w => w.Series);

    /// <param name="shard">Whose batch it is: the series of a workload may be spread over shards, whose batches come in any order.</param>
    public IReadOnlyList<IncidentTransition> Observe(int shard, DateTimeOffset at, IReadOnlyList<Observation> observations)
    {
        if (_newest.TryGetValue(shard, out var newest) && at <= newest)
            return [];
        _newest[shard] = at;

        foreach (var group in observations.GroupBy(o => o.Series.Workload))
        {
            if (!_watches.TryGetValue(group.Key, out var watch))
            {
                if (!group.Any(o => o.Level > rules.AgreeScore))
                    continue;
                watch = _watches[group.Key] = new WorkloadWatch(group.Key, rules);
            }
            watch.Add(at, [.. group]);
        }

        List<IncidentTransition> transitions = [];
        foreach (var (workload, watch) in _watches.ToArray())
        {
            if (watch.Advance(at) is { } transition)
                transitions.Add(transition);
            if (watch.IsIdle)
                _watches.Remove(workload);
        }
        return transitions;
    }

    /// <summary>State to persist; <see cref="Restore"/> takes it back.</summary>
    public IncidentTrackerSnapshot Snapshot() =>
        new([.. _newest.Select(n => new ShardTime(n.Key, n.Value))], [.. _watches.Values.Select(w => w.Snapshot())]);

    public static IncidentTracker Restore(IncidentRules rules, IncidentTrackerSnapshot snapshot)
    {
        var tracker = new IncidentTracker(rules);
        foreach (var (shard, newest) in snapshot.Newest)
            tracker._newest[shard] = newest;
        foreach (var watch in snapshot.Watches)
            tracker._watches[watch.Workload] = WorkloadWatch.Restore(rules, watch);
        return tracker;
    }
}

public sealed record IncidentTrackerSnapshot(IReadOnlyList<ShardTime> Newest, IReadOnlyList<WorkloadWatchSnapshot> Watches);

/// <summary>The newest batch seen of a shard.</summary>
public sealed record ShardTime(int Shard, DateTimeOffset Newest);
