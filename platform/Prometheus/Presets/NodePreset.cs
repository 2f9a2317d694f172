using Dapr.Anomaly.Core.Series;
using static Dapr.Anomaly.Core.Series.DetectionDirection;

namespace Dapr.Anomaly.Platform.Prometheus.Presets;

/// <summary>What node-exporter tells of nodes.</summary>
internal static class NodePreset
{
    private const string RealFilesystems =
        "fstype!~\"tmpfs|ramfs|overlay|squashfs|nsfs|iso9660|devtmpfs|fuse.*\",mountpoint!~\"/var/lib/(docker|kubelet|containerd)/.+\"";
    private const string RealDisks = "device!~\"loop.*|ram.*|sr.*|fd.*|dm-.*\"";
    private const string RealLinks = "device!~\"lo|veth.*|cali.*|cni.*|docker.*|flannel.*|br-.*|lxc.*|cilium.*|tun.*\"";

    /// <param name="node">Label that names the node: <c>node</c> where relabelling adds it, else <c>instance</c>.</param>
    /// <param name="window">Range of <c>rate</c>, such as <c>1m</c>.</param>
    public static IEnumerable<PresetQuery> Queries(string node, string window)
    {
        PresetQuery Query(
            PresetGroups group,
            string name,
            SignalKind kind,
            string unit,
            string metric,
            string expr,
            DetectionDirection direction = Both,
            double minDev = 0
        ) => new(group, [metric], new SignalQuery(new PromQuery(name, expr), kind, unit, direction, minDev));

        yield return Query(
            PresetGroups.Node,
            "node_cpu",
            SignalKind.Cpu,
            "ratio",
            "node_cpu_seconds_total",
            $$"""1 - avg by ({{node}}) (rate(node_cpu_seconds_total{mode="idle"}[{{window}}]))""",
            minDev: 0.02
        );
        yield return Query(
            PresetGroups.Node,
            "node_cpu_iowait",
            SignalKind.Saturation,
            "ratio",
            "node_cpu_seconds_total",
            $$"""avg by ({{node}}) (rate(node_cpu_seconds_total{mode="iowait"}[{{window}}]))""",
            AboveExpected,
            0.02
        );
        yield return Query(
            PresetGroups.Node,
            "node_load1",
            SignalKind.Saturation,
            "tasks",
            "node_load1",
            $"max by ({node}) (node_load1)",
            AboveExpected,
            0.3
        );
        yield return Query(
            PresetGroups.Node,
            "node_memory",
            SignalKind.Memory,
            "ratio",
            "node_memory_MemAvailable_bytes",
            $"1 - max by ({node}) (node_memory_MemAvailable_bytes) / max by ({node}) (node_memory_MemTotal_bytes)",
            minDev: 0.02
        );
        yield return Query(
            PresetGroups.Node,
            "node_major_faults",
            SignalKind.Memory,
            "faults/s",
            "node_vmstat_pgmajfault",
            $"max by ({node}) (rate(node_vmstat_pgmajfault[{window}]))",
            AboveExpected,
            5
        );
        foreach (var resource in (string[])["cpu", "memory", "io"])
            yield return Query(
                PresetGroups.Node,
                $"node_pressure_{resource}",
                SignalKind.Saturation,
                "ratio",
                $"node_pressure_{resource}_waiting_seconds_total",
                $"max by ({node}) (rate(node_pressure_{resource}_waiting_seconds_total[{window}]))",
                AboveExpected,
                0.02
            );
        yield return Query(
            PresetGroups.Disk,
            "node_filesystem",
            SignalKind.Disk,
            "ratio",
            "node_filesystem_avail_bytes",
            $$"""1 - max by ({{node}}, mountpoint) (node_filesystem_avail_bytes{{{RealFilesystems}}}) / max by ({{node}}, mountpoint) (node_filesystem_size_bytes{{{RealFilesystems}}})""",
            minDev: 0.01
        );
        yield return Query(
            PresetGroups.Disk,
            "node_disk_io",
            SignalKind.Disk,
            "ratio",
            "node_disk_io_time_seconds_total",
            $$"""max by ({{node}}, device) (rate(node_disk_io_time_seconds_total{{{RealDisks}}}[{{window}}]))""",
            AboveExpected,
            0.05
        );
        yield return Query(
            PresetGroups.Disk,
            "node_disk_queue",
            SignalKind.Saturation,
            "requests",
            "node_disk_io_time_weighted_seconds_total",
            $$"""max by ({{node}}, device) (rate(node_disk_io_time_weighted_seconds_total{{{RealDisks}}}[{{window}}]))""",
            AboveExpected,
            0.1
        );
        yield return Query(
            PresetGroups.Network,
            "node_network_receive",
            SignalKind.Network,
            "bytes/s",
            "node_network_receive_bytes_total",
            $$"""sum by ({{node}}) (rate(node_network_receive_bytes_total{{{RealLinks}}}[{{window}}]))""",
            minDev: 1000
        );
        yield return Query(
            PresetGroups.Network,
            "node_network_transmit",
            SignalKind.Network,
            "bytes/s",
            "node_network_transmit_bytes_total",
            $$"""sum by ({{node}}) (rate(node_network_transmit_bytes_total{{{RealLinks}}}[{{window}}]))""",
            minDev: 1000
        );
        yield return Query(
            PresetGroups.Network,
            "node_network_errors",
            SignalKind.Errors,
            "packets/s",
            "node_network_receive_errs_total",
            $$"""sum by ({{node}}) (rate(node_network_receive_errs_total{{{RealLinks}}}[{{window}}]))""",
            AboveExpected,
            0.1
        );
    }
}
