namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>What kube-state-metrics exports about one Deployment and its ReplicaSets.</summary>
internal static class DeploymentExporter
{
    /// <param name="wanted">Replicas that the Deployment asks for at a step.</param>
    public static void Add(SeriesCatalog catalog, WorkloadSpec spec, IReadOnlyList<Pod> pods, Func<long, double> wanted)
    {
        var target = catalog.For("kube-state-metrics", PodExporters.KubeStateInstance, 0, long.MaxValue);
        foreach (var set in pods.GroupBy(static p => p.ReplicaSet))
            target
                .During(set.Min(static p => p.From), set.Max(static p => p.To))
                .Gauge(
                    "kube_replicaset_owner",
                    $"namespace={spec.Namespace},replicaset={set.Key},owner_kind=Deployment,owner_name={spec.Name},owner_is_controller=true",
                    1
                );
        var labels = $"namespace={spec.Namespace},deployment={spec.Name}";
        var readiness = catalog
            .Series.Where(s => s.Name == "kube_pod_status_ready" && s.Labels["condition"] == "true" && pods.Any(p => p.Name == s.Labels["pod"]))
            .ToArray();
        target.Gauge("kube_deployment_spec_replicas", labels, wanted);
        target.Gauge(
            "kube_deployment_status_replicas_available",
            labels,
            step => readiness.Where(s => step >= s.From && step < s.To).Sum(s => s.Value(step))
        );
        target.Gauge("kube_deployment_status_observed_generation", labels, step => 1 + pods.Where(p => p.From <= step).Max(static p => p.Generation));
    }
}
