using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Alerts;

/// <summary>What is watched of one workload, and the newest telling score of each of its signals.</summary>
internal sealed record WorkloadRecord(int Version, WorkloadWatchSnapshot Watch, IReadOnlyList<AnomalyV1> Signals)
{
    public const int CurrentVersion = 1;

    public static string KeyOf(string workload) => RecordKey.Of("workload", workload);
}
