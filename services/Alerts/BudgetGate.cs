using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Alerts;

/// <summary>
/// The hard bound of the alert budgets: at most N incidents of a team reach the routes in a period. What is over it is held back, from its opening
/// to its end,
/// and still published on the topic.
/// </summary>
internal static class BudgetGate
{
    /// <summary>Decides on an incident that changed.</summary>
    /// <returns>What is to be kept, and whether the routes may be told.</returns>
    public static (BudgetState After, bool Granted) Decide(BudgetState state, IncidentV1 incident, AlertsConfiguration alerts)
    {
        if (incident.Phase != IncidentPhase.Opened)
            return (state, !state.HeldBack.Contains(incident.Id));
        var team = TeamOf(incident);
        var budget = alerts.BudgetOf(team);
        if (state.Sent.TrySpend(team, budget.Count, budget.Per, incident.OpenedAt, out var sent))
            return (state with { Sent = sent }, true);
        // The newest are kept as long as the list of incidents, which shows them, keeps its own.
        IReadOnlyList<string> heldBack = [incident.Id, .. state.HeldBack.Take(AlertsIndex.RecentKept - 1)];
        return (new(sent, heldBack), false);
    }

    /// <summary>The team of the worst signal that has one.</summary>
    public static string TeamOf(IncidentV1 incident) =>
        incident.Signals.Select(s => TeamOf(s.Series)).FirstOrDefault(static t => t != Team.Nobody) ?? Team.Nobody;

    public static string TeamOf(SeriesIdentity series) => Team.Of(label => series.Labels.TryGetValue(label, out var value) ? value : null);
}

/// <summary>What the budgets must not forget over a restart.</summary>
/// <param name="Sent">Incidents that reached the routes of late, by team.</param>
/// <param name="HeldBack">Ids of incidents that a budget held back, newest first.</param>
internal sealed record BudgetState(SentIncidents Sent, IReadOnlyList<string> HeldBack)
{
    public static readonly BudgetState Empty = new(SentIncidents.None, []);
}
