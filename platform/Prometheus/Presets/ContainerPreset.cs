using Dapr.Anomaly.Core.Series;
using static Dapr.Anomaly.Core.Series.DetectionDirection;

namespace Dapr.Anomaly.Platform.Prometheus.Presets;

/// <summary>What cAdvisor (in the kubelet) tells of containers, by workload: sums where load spreads over replicas, the worst replica where one alone can fail.</summary>
internal static class ContainerPreset
{
    private const string Containers = "container!=\"\",container!=\"POD\",pod!=\"\"";

    /// <param name="source">How pods become workloads.</param>
    /// <param name="window">Range of <c>rate</c>, such as <c>1m</c>.</param>
    public static IEnumerable<PresetQuery> Queries(WorkloadSource source, string window)
    {
        string Rate(string metric, string selector) => WorkloadKey.OfPods($$"""rate({{metric}}{{{selector}}}[{{window}}])""", source);
        string Volume(string metric) => WorkloadKey.OfLabel(metric, "persistentvolumeclaim");
        string PerContainer(string aggregate, string vector) => $"{aggregate} by (namespace, workload, container) ({vector})";
        string PerWorkload(string metric) => $"""sum by (namespace, workload) ({Rate(metric, "pod!=\"\"")})""";
        PresetQuery Query(
            PresetGroups group,
            string name,
            SignalKind kind,
            string unit,
            string metric,
            string expr,
            DetectionDirection direction,
            double minDev
        ) => new(group, [metric], new SignalQuery(new PromQuery(name, expr), kind, unit, direction, minDev));

        yield return Query(
            PresetGroups.Container,
            "container_cpu",
            SignalKind.Cpu,
            "cores",
            "container_cpu_usage_seconds_total",
            PerContainer("sum", Rate("container_cpu_usage_seconds_total", Containers)),
            Both,
            0.02
        );
        yield return Query(
            PresetGroups.Container,
            "container_throttling",
            SignalKind.Saturation,
            "ratio",
            "container_cpu_cfs_throttled_periods_total",
            $"{PerContainer("sum", Rate("container_cpu_cfs_throttled_periods_total", Containers))} / {PerContainer("sum", Rate("container_cpu_cfs_periods_total", Containers))}",
            AboveExpected,
            0.02
        );
        yield return Query(
            PresetGroups.Container,
            "container_memory",
            SignalKind.Memory,
            "bytes",
            "container_memory_working_set_bytes",
            PerContainer("max", WorkloadKey.OfPods($$"""container_memory_working_set_bytes{{{Containers}}}""", source)),
            Both,
            4 << 20
        );
        yield return Query(
            PresetGroups.Container,
            "container_oom_kills",
            SignalKind.Availability,
            "kills",
            "container_oom_events_total",
            PerContainer("sum", WorkloadKey.OfPods($$"""increase(container_oom_events_total{{{Containers}}}[5m])""", source)),
            AboveExpected,
            0.5
        );
        yield return Query(
            PresetGroups.Disk,
            "volume_used",
            SignalKind.Disk,
            "ratio",
            "kubelet_volume_stats_available_bytes",
            $"1 - max by (namespace, workload) ({Volume("kubelet_volume_stats_available_bytes")}) / max by (namespace, workload) ({Volume("kubelet_volume_stats_capacity_bytes")})",
            Both,
            0.01
        );
        yield return Query(
            PresetGroups.Disk,
            "container_disk_reads",
            SignalKind.Disk,
            "bytes/s",
            "container_fs_reads_bytes_total",
            PerContainer("sum", Rate("container_fs_reads_bytes_total", Containers)),
            AboveExpected,
            10_000
        );
        yield return Query(
            PresetGroups.Disk,
            "container_disk_writes",
            SignalKind.Disk,
            "bytes/s",
            "container_fs_writes_bytes_total",
            PerContainer("sum", Rate("container_fs_writes_bytes_total", Containers)),
            AboveExpected,
            10_000
        );
        yield return Query(
            PresetGroups.Network,
            "workload_network_receive",
            SignalKind.Network,
            "bytes/s",
            "container_network_receive_bytes_total",
            PerWorkload("container_network_receive_bytes_total"),
            Both,
            1000
        );
        yield return Query(
            PresetGroups.Network,
            "workload_network_transmit",
            SignalKind.Network,
            "bytes/s",
            "container_network_transmit_bytes_total",
            PerWorkload("container_network_transmit_bytes_total"),
            Both,
            1000
        );
        yield return Query(
            PresetGroups.Network,
            "workload_network_drops",
            SignalKind.Errors,
            "packets/s",
            "container_network_receive_packets_dropped_total",
            PerWorkload("container_network_receive_packets_dropped_total"),
            AboveExpected,
            0.1
        );
    }
}
