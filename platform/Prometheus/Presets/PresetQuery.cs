namespace Dapr.Anomaly.Platform.Prometheus.Presets;

/// <summary>A preset's query with what it takes to apply.</summary>
/// <param name="Group">The group that a configuration can choose.</param>
/// <param name="Metrics">Metrics that the server must have.</param>
/// <param name="Signal">The query itself.</param>
internal sealed record PresetQuery(PresetGroups Group, IReadOnlyList<string> Metrics, SignalQuery Signal);
