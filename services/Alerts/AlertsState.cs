using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Alerts;

/// <summary>
/// Everything the service must not lose, saved as one document in one write: what the tracker knows, the latest score of each signal of an open
/// incident,
/// notifications that have not left yet, and the incidents of late.
/// </summary>
internal sealed record AlertsState(
    int Version,
    IncidentTrackerSnapshot Tracker,
    IReadOnlyDictionary<SeriesId, AnomalyV1> Signals,
    IReadOnlyList<PendingNotification> Outbox,
    IReadOnlyList<IncidentV1> Recent,
    BudgetState? Budget = null
)
{
    public const string Key = "alerts";
    public const int CurrentVersion = 1;
    public const int RecentKept = 200;

    /// <summary>What the budgets spent; nothing in a state that was saved before there were any.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public BudgetState Budgets => Budget ?? BudgetState.Empty;

    public static readonly AlertsState Empty = new(CurrentVersion, new([], []), new Dictionary<SeriesId, AnomalyV1>(), [], []);
}

/// <summary>One incident for one receiver. It stays in the outbox until the binding, or the broker, took it.</summary>
/// <param name="Route">Name of a Dapr output binding, or <see cref="Topic"/>.</param>
internal sealed record PendingNotification(string Route, IncidentV1 Incident)
{
    /// <summary>The route to the subscribers of topic "incidents"; no binding can have this name.</summary>
    public const string Topic = "topic:" + Topics.Incidents;
}
