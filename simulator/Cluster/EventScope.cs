namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>Where an event can be seen.</summary>
internal static class EventScope
{
    private const int CallerHops = 2;

    /// <summary>
    /// The workload itself with its volume, callers within two hops, what it calls where the number of requests changes, and its nodes; of a drain
    /// the workloads that move, and all nodes; of what concerns all, everything.
    /// </summary>
    public static IReadOnlySet<string> Of(ClusterSnapshot cluster, Fault fault)
    {
        var nodes = Enumerable.Range(0, PodTimeline.Nodes).Select(PodTimeline.NodeName).ToHashSet();
        if (fault.Workload == Fault.Everywhere)
            return Named(cluster.Specs, nodes);
        if (fault.Kind == FaultKind.NodeDrain)
            return Named(cluster.Specs.Where((spec, w) => Pods(cluster, w, fault).Any(p => p.Node == fault.Workload)), nodes);
        HashSet<string> scope = [fault.Workload];
        for (var hop = 0; hop < CallerHops; hop++)
            scope.UnionWith(cluster.Specs.Where(s => s.Calls.Any(c => scope.Contains($"{s.Namespace}/{c.Target}"))).Select(s => s.FullName).ToList());
        if (fault.ChangesTraffic || fault.Kind == FaultKind.CronRun)
            AddCalled(cluster, fault.Workload, scope);
        var own = cluster.Specs.Select((spec, w) => (spec, w)).First(s => s.spec.FullName == fault.Workload).w;
        return Named(cluster.Specs.Where(s => scope.Contains(s.FullName)), Pods(cluster, own, fault).Select(static p => p.Node));
    }

    private static HashSet<string> Named(IEnumerable<WorkloadSpec> specs, IEnumerable<string> nodes)
    {
        HashSet<string> names = [.. nodes];
        foreach (var spec in specs)
        {
            names.Add(spec.FullName);
            if (spec.VolumeBytes > 0)
                names.Add($"{spec.FullName}-data");
        }
        return names;
    }

    /// <summary>Pods of a workload that live during an event.</summary>
    private static IEnumerable<Pod> Pods(ClusterSnapshot cluster, int workload, Fault fault)
    {
        var start = cluster.Grid.StepOf(fault.Start.ToUnixTimeMilliseconds());
        var end = cluster.Grid.StepOf(fault.End.ToUnixTimeMilliseconds());
        return PodTimeline
            .Pods(workload, cluster.Specs[workload], cluster.Seed, cluster.Faults, cluster.Grid)
            .Where(p => p.From <= end && p.To >= start);
    }

    private static void AddCalled(ClusterSnapshot cluster, string caller, HashSet<string> scope)
    {
        foreach (var spec in cluster.Specs.Where(s => s.FullName == caller))
        foreach (var call in spec.Calls)
            if (scope.Add($"{spec.Namespace}/{call.Target}"))
                AddCalled(cluster, $"{spec.Namespace}/{call.Target}", scope);
    }
}
