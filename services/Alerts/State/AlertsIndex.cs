using Dapr.Anomaly.Core.Incidents;

namespace Dapr.Anomaly.Alerts;

/// <summary>
/// What the service must not lose, but for what stands under keys of its own: <see cref="WorkloadRecord"/> and <see cref="IncidentRecord"/>. It is
/// written last, so that it never names what is not there.
/// </summary>
/// <param name="Newest">The newest batch of each source.</param>
/// <param name="Workloads">Those that have a record.</param>
/// <param name="Incidents">Ids of those that have a record, oldest first.</param>
internal sealed record AlertsIndex(
    int Version,
    IReadOnlyList<SourceTime> Newest,
    IReadOnlyList<string> Workloads,
    IReadOnlyList<string> Incidents,
    BudgetState Budget
)
{
    public const string Key = "alerts/index";
    public const int CurrentVersion = 2;

    /// <summary>Incidents that are over, and told, are kept this long a list.</summary>
    public const int RecentKept = 200;

    public static readonly AlertsIndex Empty = new(CurrentVersion, [], [], [], BudgetState.Empty);
}
