using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Platform.Configuration;

namespace Dapr.Anomaly.Alerts;

/// <param name="Alerts">Budgets of the teams, and the names of the Dapr output bindings that are told about incidents.</param>
internal sealed record AlertOptions(AlertsConfiguration Alerts, IncidentRules Rules)
{
    public IReadOnlyList<string> Routes => Alerts.Routes;
}
