namespace Dapr.Anomaly.Core.Series;

/// <summary>
/// A series as the detector knows it: the query it comes from, what it measures, and its labels, keyed by workload and not by pod so that it outlives
/// pod churn.
/// </summary>
/// <param name="Name">Name of the query in the configuration or preset, for example <c>container_cpu</c>.</param>
/// <param name="Kind">What is measured.</param>
/// <param name="Unit">Unit of the values, for people: <c>cores</c>, <c>bytes</c>, <c>s</c>, <c>req/s</c>, <c>ratio</c>.</param>
/// <param name="Labels">Source labels without pod identity.</param>
public sealed record SeriesIdentity(string Name, SignalKind Kind, string Unit, Labels Labels)
{
    public SeriesId Id { get; } = SeriesId.Of(Name, Labels);

    /// <summary><c>namespace/workload</c> for workloads, the node or instance for node metrics, else the name.</summary>
    public string Workload
    {
        get
        {
            var workload = Labels["workload"];
            if (workload.Length > 0)
                return Labels["namespace"] is { Length: > 0 } ns ? $"{ns}/{workload}" : workload;
            foreach (var name in (ReadOnlySpan<string>)["node", "instance", "service", "job"])
                if (Labels[name] is { Length: > 0 } value)
                    return value;
            return Name;
        }
    }

    public override string ToString() => Name + Labels;
}
