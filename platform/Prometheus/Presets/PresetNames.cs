namespace Dapr.Anomaly.Platform.Prometheus.Presets;

/// <summary>Names of the queries that presets may bring, whether or not a server has their metrics today.</summary>
public static class PresetNames
{
    /// <summary>Names depend on the groups only: labels and windows change expressions.</summary>
    public static IReadOnlySet<string> Of(PresetGroups groups) =>
        NodePreset
            .Queries("instance", "1m")
            .Concat(ContainerPreset.Queries(WorkloadSource.Owners, "1m"))
            .Concat(KubeStatePreset.Queries())
            .Concat(RequestHistogram.WellKnown.SelectMany(static h => h.Queries(new HashSet<string> { "code" }, WorkloadSource.Owners, "1m")))
            .Where(q => groups.HasFlag(q.Group))
            .Select(static q => q.Signal.Name)
            .ToHashSet();
}
