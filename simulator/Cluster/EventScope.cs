namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>Where an event can be seen.</summary>
internal static class EventScope
{
    private const int CallerHops = 2;

    /// <summary>The workload itself, callers within two hops, what it calls where the number of requests changes, and its nodes.</summary>
    public static IReadOnlySet<string> Of(ClusterSnapshot cluster, Fault fault)
    {
        HashSet<string> scope = [fault.Workload];
        for (var hop = 0; hop < CallerHops; hop++)
            scope.UnionWith(cluster.Specs.Where(s => s.Calls.Any(c => scope.Contains($"{s.Namespace}/{c.Target}"))).Select(s => s.FullName).ToList());
        if (fault.Kind is FaultKind.TrafficSurge or FaultKind.LevelShift or FaultKind.Holiday)
            AddCalled(cluster, fault.Workload, scope);
        var start = cluster.Grid.StepOf(fault.Start.ToUnixTimeMilliseconds());
        var end = cluster.Grid.StepOf(fault.End.ToUnixTimeMilliseconds());
        for (var w = 0; w < cluster.Specs.Count; w++)
            if (cluster.Specs[w].FullName == fault.Workload)
                scope.UnionWith(
                    PodTimeline
                        .Pods(w, cluster.Specs[w], cluster.Seed, cluster.Faults, cluster.Grid)
                        .Where(p => p.From <= end && p.To >= start)
                        .Select(static p => p.Node)
                        .ToList()
                );
        return scope;
    }

    private static void AddCalled(ClusterSnapshot cluster, string caller, HashSet<string> scope)
    {
        foreach (var spec in cluster.Specs.Where(s => s.FullName == caller))
        foreach (var call in spec.Calls)
            if (scope.Add($"{spec.Namespace}/{call.Target}"))
                AddCalled(cluster, $"{spec.Namespace}/{call.Target}", scope);
    }
}
