using Dapr.Anomaly.Alerts;
using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>The incident tracker of the alerts service, with its budgets, and what it opened.</summary>
internal sealed class ReplayIncidents(AlertsConfiguration alerts)
{
    private static readonly IncidentRules Rules = IncidentRules.Default;

    private readonly IncidentTracker _tracker = new(Rules);
    private readonly Dictionary<string, OpenedIncident> _opened = [];
    private IReadOnlyDictionary<SeriesId, AnomalyV1> _details = new Dictionary<SeriesId, AnomalyV1>();
    private BudgetState _budget = BudgetState.Empty;

    public IReadOnlyList<OpenedIncident> Opened =>
        [.. _opened.Values.OrderBy(o => o.Incident.OpenedAt).ThenBy(o => o.Incident.Id, StringComparer.Ordinal)];

    /// <param name="risk">Of the model that scored.</param>
    public void Observe(AnomalyBatchV1 batch, double risk)
    {
        var result = BatchIncidents.Of(_tracker, Rules, _details, batch, BudgetThresholds.Of(risk, alerts));
        var watched = _tracker.Watched.ToHashSet();
        _details = result.Details.Where(d => watched.Contains(d.Key)).ToDictionary();
        foreach (var incident in result.Incidents)
        {
            (_budget, var told) = BudgetGate.Decide(_budget, incident, alerts);
            if (incident.Phase == IncidentPhase.Opened)
                _opened[incident.Id] = new(incident, told, null);
            else if (incident.Phase == IncidentPhase.Resolved)
                _opened[incident.Id] = _opened[incident.Id] with { ResolvedAt = incident.ResolvedAt };
        }
    }
}

/// <param name="Incident">As it was when it opened.</param>
/// <param name="Told">Whether the alert budget let it through.</param>
/// <param name="ResolvedAt">Null when it was still open at the end.</param>
internal sealed record OpenedIncident(IncidentV1 Incident, bool Told, DateTimeOffset? ResolvedAt);
