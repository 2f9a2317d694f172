using Dapr.Anomaly.Core.Incidents;

namespace Dapr.Anomaly.Alerts;

/// <param name="Routes">Names of the Dapr output bindings that are told about incidents.</param>
public sealed record AlertOptions(IReadOnlyList<string> Routes, IncidentRules Rules);
