using System.Globalization;
using System.Text;
using Dapr.Anomaly.Platform.Prometheus.Presets;

namespace Dapr.Anomaly.Platform.Tests.Prometheus.Presets;

/// <summary>
/// Against a real Prometheus that holds 20 minutes of a tiny cluster: Deployment web (2 pods), StatefulSet db (1 pod), DaemonSet agent (1 pod), one
/// node.
/// </summary>
public sealed class PresetDetectorTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1_760_000_400);
    private static readonly DateTimeOffset Now = Start.AddMinutes(20);
    private static readonly (string Pod, string Kind, string Owner, string Workload)[] Pods =
    [
        ("web-5d9c7b4f6d-x7k2p", "ReplicaSet", "web-5d9c7b4f6d", "web"),
        ("web-5d9c7b4f6d-qq8zt", "ReplicaSet", "web-5d9c7b4f6d", "web"),
        ("db-0", "StatefulSet", "db", "db"),
        ("agent-b2v9s", "DaemonSet", "agent", "agent"),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_query_that_applies_is_answered_and_keyed_by_workload_with_or_without_kube_state_metrics(bool kubeState)
    {
        await using var prometheus = await RealPrometheus.StartAsync(Cluster(kubeState));
        using var client = prometheus.Client();
        var found = await PresetDetector.DetectAsync(client, PresetGroups.Kubernetes, Now, Cancellation);

        Assert.Equal(kubeState ? WorkloadSource.Owners : WorkloadSource.PodNames, found.WorkloadSource);
        Assert.Equal(TimeSpan.FromSeconds(15), found.ScrapeInterval);
        Assert.Equal(TimeSpan.FromMinutes(1), found.RateWindow);
        Assert.Equal(
            [("node-exporter", true), ("cAdvisor", true), ("kube-state-metrics", kubeState), ("HTTP services", true)],
            found.Matches.Select(m => (m.Exporter, m.Found))
        );
        Assert.Equal(14 + 10 + (kubeState ? 3 : 0) + 4, found.Queries.Count);
        var answers = new Dictionary<string, double>();
        foreach (var query in found.Queries)
        {
            var series = await client.QueryAsync(query.Query, Now, Cancellation);
            Assert.True(series.Count > 0, $"{query.Name} is empty");
            foreach (var one in series)
                answers.Add($"{query.Name} {query.Identify(one.Labels).Workload}", Assert.Single(one.Values));
        }
        Assert.Equal(2 * 0.25, answers["container_cpu shop/web"], 1e-9);
        Assert.Equal(0.25, answers["container_cpu shop/db"], 1e-9);
        Assert.Equal(0.25, answers["container_cpu shop/agent"], 1e-9);
        Assert.Equal(0.1, answers["container_throttling shop/web"], 1e-9);
        Assert.Equal(1e8, answers["container_memory shop/web"]);
        Assert.Equal(2 * 1000, answers["workload_network_receive shop/web"], 1e-6);
        Assert.Equal(2 * 11, answers["http_requests shop/web"], 1e-9);
        Assert.Equal(1.0 / 11, answers["http_errors shop/web"], 1e-9);
        Assert.Equal(0, answers["http_errors shop/db"]);
        Assert.Equal(0.05, answers["http_latency_p50 shop/web"], 1e-9);
        Assert.Equal(0.7, answers["node_cpu n1:9100"], 1e-9);
        Assert.Equal(0.75, answers["node_memory n1:9100"], 1e-9);
        Assert.Equal(0.6, answers["node_filesystem n1:9100"], 1e-9);
        Assert.Equal(0.75, answers["volume_used shop/db-data"], 1e-9);
        Assert.Equal(0.1, answers["node_pressure_io n1:9100"], 1e-9);
        if (kubeState)
        {
            Assert.Equal(2, answers["workload_pods_ready shop/web"]);
            Assert.Equal(1, answers["workload_replicas_missing shop/web"]);
            Assert.Equal(0, answers["workload_restarts shop/db"]);
        }
    }

    [Fact]
    public async Task Only_the_wanted_groups_are_asked_for_and_an_empty_server_matches_nothing()
    {
        await using var prometheus = await RealPrometheus.StartAsync(Cluster(true));
        using var client = prometheus.Client();
        var node = await PresetDetector.DetectAsync(client, PresetGroups.Node | PresetGroups.Errors, Now, Cancellation);
        Assert.Equal(
            [
                "node_cpu",
                "node_cpu_iowait",
                "node_load1",
                "node_memory",
                "node_major_faults",
                "node_pressure_cpu",
                "node_pressure_memory",
                "node_pressure_io",
                "http_errors",
            ],
            node.Queries.Select(q => q.Name)
        );

        var before = await PresetDetector.DetectAsync(client, PresetGroups.Kubernetes, Start.AddDays(-1), Cancellation);
        Assert.Empty(before.Queries);
        Assert.All(before.Matches, m => Assert.False(m.Found));
        Assert.All(before.Matches, m => Assert.NotEmpty(m.Note));
    }

    private static string Cluster(bool kubeState)
    {
        var text = new StringBuilder();
        void Family(string name, string type, params (string Labels, double Begin, double PerSecond)[] series)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"# TYPE {(type == "counter" && name.EndsWith("_total", StringComparison.Ordinal) ? name[..^6] : name)} "
                    + $"{(type == "counter" && !name.EndsWith("_total", StringComparison.Ordinal) ? "unknown" : type)}\n"
            );
            foreach (var (labels, begin, perSecond) in series)
                for (var s = 0; s <= 1200; s += 15)
                    text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {begin + perSecond * s} {Start.ToUnixTimeSeconds() + s}\n");
        }

        (string, double, double)[] EachPod(string labels, double begin, double perSecond) =>
            [.. Pods.Select(p => ($"namespace=\"shop\",pod=\"{p.Pod}\"{labels}", begin, perSecond))];
        const string Node = "instance=\"n1:9100\"";
        Family("up", "gauge", (Node, 1, 0));
        Family(
            "node_cpu_seconds_total",
            "counter",
            ($"{Node},cpu=\"0\",mode=\"idle\"", 1, 0.3),
            ($"{Node},cpu=\"0\",mode=\"iowait\"", 1, 0.1),
            ($"{Node},cpu=\"0\",mode=\"user\"", 1, 0.6)
        );
        Family("node_load1", "gauge", (Node, 2, 0));
        Family("node_memory_MemAvailable_bytes", "gauge", (Node, 1e9, 0));
        Family("node_memory_MemTotal_bytes", "gauge", (Node, 4e9, 0));
        Family("node_vmstat_pgmajfault", "unknown", (Node, 0, 1));
        foreach (
            var name in (string[])
                ["node_pressure_cpu_waiting_seconds_total", "node_pressure_memory_waiting_seconds_total", "node_pressure_io_waiting_seconds_total"]
        )
            Family(name, "counter", (Node, 0, 0.1));
        Family("node_filesystem_avail_bytes", "gauge", ($"{Node},mountpoint=\"/\",fstype=\"ext4\",device=\"/dev/sda1\"", 40, 0));
        Family("node_filesystem_size_bytes", "gauge", ($"{Node},mountpoint=\"/\",fstype=\"ext4\",device=\"/dev/sda1\"", 100, 0));
        foreach (var name in (string[])["node_disk_io_time_seconds_total", "node_disk_io_time_weighted_seconds_total"])
            Family(name, "counter", ($"{Node},device=\"sda\"", 0, 0.2));
        foreach (var name in (string[])["node_network_receive_bytes_total", "node_network_transmit_bytes_total", "node_network_receive_errs_total"])
            Family(name, "counter", ($"{Node},device=\"eth0\"", 0, 100), ($"{Node},device=\"lo\"", 0, 1e9));
        Family("container_cpu_usage_seconds_total", "counter", [.. EachPod(",container=\"app\"", 3, 0.25), .. EachPod(",container=\"\"", 3, 9)]);
        Family("container_cpu_cfs_periods_total", "counter", EachPod(",container=\"app\"", 3, 10));
        Family("container_cpu_cfs_throttled_periods_total", "counter", EachPod(",container=\"app\"", 3, 1));
        Family("container_memory_working_set_bytes", "gauge", EachPod(",container=\"app\"", 1e8, 0));
        Family("container_oom_events_total", "counter", EachPod(",container=\"app\"", 0, 0));
        Family("kubelet_volume_stats_available_bytes", "gauge", ("namespace=\"shop\",persistentvolumeclaim=\"db-data\"", 20, 0));
        Family("kubelet_volume_stats_capacity_bytes", "gauge", ("namespace=\"shop\",persistentvolumeclaim=\"db-data\"", 80, 0));
        Family("container_fs_reads_bytes_total", "counter", EachPod(",container=\"app\"", 0, 10));
        Family("container_fs_writes_bytes_total", "counter", EachPod(",container=\"app\"", 0, 10));
        foreach (
            var name in (string[])
                ["container_network_receive_bytes_total", "container_network_transmit_bytes_total", "container_network_receive_packets_dropped_total"]
        )
            Family(name, "counter", EachPod(",interface=\"eth0\"", 0, 1000));
        Family(
            "http_request_duration_seconds_count",
            "counter",
            [
                .. EachPod(",service=\"svc\",code=\"200\"", 0, 10),
                ($"namespace=\"shop\",pod=\"{Pods[0].Pod}\",service=\"svc\",code=\"500\"", 0, 1),
                ($"namespace=\"shop\",pod=\"{Pods[1].Pod}\",service=\"svc\",code=\"500\"", 0, 1),
            ]
        );
        Family(
            "http_request_duration_seconds_bucket",
            "counter",
            [
                .. EachPod(",service=\"svc\",code=\"200\",le=\"0.1\"", 0, 10),
                .. EachPod(",service=\"svc\",code=\"200\",le=\"1\"", 0, 10),
                .. EachPod(",service=\"svc\",code=\"200\",le=\"+Inf\"", 0, 10),
            ]
        );
        if (kubeState)
        {
            Family(
                "kube_pod_owner",
                "gauge",
                [.. Pods.Select(p => ($"namespace=\"shop\",pod=\"{p.Pod}\",owner_kind=\"{p.Kind}\",owner_name=\"{p.Owner}\"", 1.0, 0.0))]
            );
            Family(
                "kube_replicaset_owner",
                "gauge",
                ("namespace=\"shop\",replicaset=\"web-5d9c7b4f6d\",owner_kind=\"Deployment\",owner_name=\"web\"", 1, 0)
            );
            Family("kube_pod_container_status_restarts_total", "counter", EachPod(",container=\"app\"", 2, 0));
            Family("kube_pod_status_ready", "gauge", [.. EachPod(",condition=\"true\"", 1, 0), .. EachPod(",condition=\"false\"", 0, 0)]);
            Family("kube_deployment_spec_replicas", "gauge", ("namespace=\"shop\",deployment=\"web\"", 3, 0));
            Family("kube_deployment_status_replicas_available", "gauge", ("namespace=\"shop\",deployment=\"web\"", 2, 0));
        }
        return text.Append("# EOF\n").ToString();
    }
}
