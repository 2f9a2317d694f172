namespace Dapr.Anomaly.Alerts;

/// <summary>Everything that is kept in the state store.</summary>
internal sealed record AlertsContent(AlertsIndex Index, IReadOnlyList<WorkloadRecord> Workloads, IReadOnlyList<IncidentRecord> Incidents)
{
    public static readonly AlertsContent Empty = new(AlertsIndex.Empty, [], []);
}

/// <summary>What has to be written: records that are new or have changed, by name, null for those that are over.</summary>
internal sealed record AlertsChanges(
    IReadOnlyList<(string Workload, WorkloadRecord? Record)> Workloads,
    IReadOnlyList<(string Incident, IncidentRecord? Record)> Incidents
);
