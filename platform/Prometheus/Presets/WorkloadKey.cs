namespace Dapr.Anomaly.Platform.Prometheus.Presets;

/// <summary>How series of pods get the label <c>workload</c>, so that a series outlives its pods.</summary>
public enum WorkloadSource
{
    /// <summary>Owner references that kube-state-metrics exports.</summary>
    Owners = 0,

    /// <summary>Guessed from the pod's name, for lack of kube-state-metrics.</summary>
    PodNames = 1,
}

/// <summary>Writes the part of a preset's expression that turns pods into workloads.</summary>
internal static class WorkloadKey
{
    // Kubernetes draws suffixes from these letters and digits only (no vowels, no 0, 1, 3).
    private const string Safe = "[bcdfghjklmnpqrstvwxz2456789]";

    // A pod may name several owners, of which one is its controller; and whatever a server stores, each pod must have one workload, for a second one
    // would make the server refuse the whole query ("many-to-many"). topk keeps one of them.
    private const string Owner = """
        topk by (namespace, pod) (1, max by (namespace, pod, workload) (
          label_replace(
            label_replace(kube_pod_owner{owner_kind="ReplicaSet", owner_is_controller!="false"}, "replicaset", "$1", "owner_name", "(.+)")
            * on (namespace, replicaset) group_left (deployment)
            topk by (namespace, replicaset) (1, max by (namespace, replicaset, deployment) (
              label_replace(
                kube_replicaset_owner{owner_kind!="", owner_kind!="<none>", owner_is_controller!="false"}, "deployment", "$1", "owner_name", "(.+)"
              )
            )),
            "workload", "$1", "deployment", "(.+)"
          )
          or label_replace(
            kube_pod_owner{owner_kind=~"StatefulSet|DaemonSet|Job|ReplicationController", owner_is_controller!="false"},
            "workload", "$1", "owner_name", "(.+)"
          )
        ))
        """;

    /// <summary>Adds <c>workload</c> to a vector that has <c>namespace</c> and <c>pod</c>.</summary>
    public static string OfPods(string vector, WorkloadSource source) =>
        source switch
        {
            WorkloadSource.Owners => $"{vector} * on (namespace, pod) group_left (workload) {Owner}",
            _ => Guess(vector),
        };

    /// <summary>Adds <c>workload</c> with the value of another label.</summary>
    public static string OfLabel(string vector, string label) => Replace(vector, label, "(.+)");

    // Later rules overwrite earlier ones: bare pod, StatefulSet (db-0), DaemonSet (agent-x7k2p), Deployment (web-5d9c7b4f6d-x7k2p).
    private static string Guess(string vector) =>
        Replace(
            Replace(Replace(Replace(vector, "pod", "(.+)"), "pod", "(.+)-[0-9]+"), "pod", $"(.+)-{Safe}{{5}}"),
            "pod",
            $"(.+)-[a-z0-9]{{6,10}}-{Safe}{{5}}"
        );

    private static string Replace(string vector, string label, string pattern) =>
        $"""label_replace({vector}, "workload", "$1", "{label}", "{pattern}")""";
}
