using Dapr.Anomaly.Core.Series;
using static Dapr.Anomaly.Core.Series.DetectionDirection;

namespace Dapr.Anomaly.Platform.Prometheus.Presets;

/// <summary>What kube-state-metrics tells of workloads.</summary>
internal static class KubeStatePreset
{
    public static IEnumerable<PresetQuery> Queries()
    {
        PresetQuery Query(string name, string unit, string[] metrics, string expr, DetectionDirection direction) =>
            new(PresetGroups.Container, metrics, new SignalQuery(new PromQuery(name, expr), SignalKind.Availability, unit, direction, 0.5));

        string[] owners = ["kube_pod_owner", "kube_replicaset_owner"];
        yield return Query(
            "workload_restarts",
            "restarts",
            ["kube_pod_container_status_restarts_total", .. owners],
            $"sum by (namespace, workload, container) ({WorkloadKey.OfPods("increase(kube_pod_container_status_restarts_total[5m])", WorkloadSource.Owners)})",
            AboveExpected
        );
        yield return Query(
            "workload_pods_ready",
            "pods",
            ["kube_pod_status_ready", .. owners],
            $$"""sum by (namespace, workload) ({{WorkloadKey.OfPods("kube_pod_status_ready{condition=\"true\"}", WorkloadSource.Owners)}})""",
            Both
        );
        yield return Query(
            "workload_replicas_missing",
            "pods",
            ["kube_deployment_spec_replicas", "kube_deployment_status_replicas_available"],
            $"max by (namespace, workload) ({WorkloadKey.OfLabel("kube_deployment_spec_replicas - kube_deployment_status_replicas_available", "deployment")})",
            AboveExpected
        );
    }
}
