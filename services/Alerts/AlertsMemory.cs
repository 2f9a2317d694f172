using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Alerts;

/// <summary>The state while the service runs. Not safe for concurrent use.</summary>
internal sealed class AlertsMemory
{
    private Dictionary<SeriesId, AnomalyV1> _signals;

    public AlertsMemory(AlertsContent content, IncidentRules rules)
    {
        Tracker = IncidentTracker.Restore(rules, new(content.Index.Newest, [.. content.Workloads.Select(w => w.Watch)]));
        Book = new(content.Incidents);
        Budget = content.Index.Budget;
        _signals = content.Workloads.SelectMany(w => w.Signals).GroupBy(s => s.Series.Id).ToDictionary(g => g.Key, g => g.First());
    }

    public IncidentTracker Tracker { get; }

    public IncidentBook Book { get; }

    public BudgetState Budget { get; set; }

    /// <summary>The newest telling score of each watched series.</summary>
    public IReadOnlyDictionary<SeriesId, AnomalyV1> Signals => _signals;

    public AlertsIndex Index => new(AlertsIndex.CurrentVersion, Tracker.Newest, [.. Tracker.Workloads], Book.Order, Budget);

    /// <summary>Keeps the scores of series that are still watched.</summary>
    public void Keep(IReadOnlyDictionary<SeriesId, AnomalyV1> details)
    {
        var watched = Tracker.Watched.ToHashSet();
        _signals = details.Where(d => watched.Contains(d.Key)).ToDictionary();
    }

    public AlertsChanges TakeChanges() =>
        new(
            [.. Tracker.TakeChanged().Select(c => (c.Workload, c.Watch is { } watch ? Record(watch) : null))],
            Book.TakeChanges(AlertsIndex.RecentKept)
        );

    private WorkloadRecord Record(WorkloadWatchSnapshot watch)
    {
        var series = watch
            .Recent.SelectMany(c => c.Anomalous.Select(a => a.Series))
            .Concat(watch.Incident?.Signals.Select(s => s.Series) ?? [])
            .Distinct();
        return new(WorkloadRecord.CurrentVersion, watch, [.. series.Select(s => _signals.GetValueOrDefault(s)).OfType<AnomalyV1>()]);
    }
}
