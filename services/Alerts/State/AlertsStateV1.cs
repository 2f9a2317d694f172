using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Alerts;

/// <summary>The state as builds before records kept it: one document, which is read once and taken apart.</summary>
internal sealed record AlertsStateV1(
    int Version,
    IncidentTrackerSnapshot Tracker,
    IReadOnlyDictionary<SeriesId, AnomalyV1> Signals,
    IReadOnlyList<PendingNotificationV1> Outbox,
    IReadOnlyList<IncidentV1> Recent,
    BudgetState? Budget = null
)
{
    public const string Key = "alerts";
    public const int CurrentVersion = 1;

    public AlertsContent ToContent()
    {
        var incidents = Recent.Reverse().Concat(Outbox.Select(o => o.Incident)).GroupBy(i => i.Id).Select(g => g.First());
        return new(
            new(AlertsIndex.CurrentVersion, Tracker.Newest, [], [], Budget ?? BudgetState.Empty),
            [
                .. Tracker.Watches.Select(w => new WorkloadRecord(
                    WorkloadRecord.CurrentVersion,
                    w,
                    [.. Signals.Values.Where(s => s.Series.Workload == w.Workload)]
                )),
            ],
            [
                .. incidents.Select(i => new IncidentRecord(
                    IncidentRecord.CurrentVersion,
                    i,
                    [.. Outbox.Where(o => o.Incident.Id == i.Id).Select(o => new Delivery(o.Route, o.Incident))]
                )),
            ]
        );
    }
}

/// <summary>One incident for one receiver, as <see cref="AlertsStateV1"/> kept it.</summary>
internal sealed record PendingNotificationV1(string Route, IncidentV1 Incident);
