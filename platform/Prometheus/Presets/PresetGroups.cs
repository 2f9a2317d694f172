namespace Dapr.Anomaly.Platform.Prometheus.Presets;

/// <summary>What a preset may watch, as <c>preset:</c> in the configuration names it.</summary>
[Flags]
public enum PresetGroups
{
    None = 0,

    /// <summary>CPU, load and memory of nodes (node-exporter).</summary>
    Node = 1,

    /// <summary>CPU, throttling and memory of containers (cAdvisor), restarts and replicas of workloads (kube-state-metrics).</summary>
    Container = 2,

    /// <summary>Bytes and drops of nodes and workloads.</summary>
    Network = 4,

    /// <summary>File systems and disks of nodes and containers.</summary>
    Disk = 8,

    /// <summary>Request rate, p50 and p99 of services.</summary>
    Latency = 16,

    /// <summary>Share of failed requests.</summary>
    Errors = 32,

    /// <summary>All of them.</summary>
    Kubernetes = Node | Container | Network | Disk | Latency | Errors,
}
