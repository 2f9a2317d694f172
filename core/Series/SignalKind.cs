namespace Dapr.Anomaly.Core.Series;

/// <summary>
/// What a series measures. Series of one kind share a global isolation forest and priors, since their normalised features are comparable.
/// </summary>
public enum SignalKind
{
    /// <summary>Anything that fits no other kind.</summary>
    Other = 0,

    /// <summary>CPU time per second, in cores, or a ratio of a CPU limit.</summary>
    Cpu = 1,

    /// <summary>Memory in bytes, or a ratio of a memory limit.</summary>
    Memory = 2,

    /// <summary>Network bytes or packets per second.</summary>
    Network = 3,

    /// <summary>Disk bytes, operations or used space.</summary>
    Disk = 4,

    /// <summary>Time a request takes, in seconds.</summary>
    Latency = 5,

    /// <summary>Failed requests per second, or their share.</summary>
    Errors = 6,

    /// <summary>Requests per second.</summary>
    Traffic = 7,

    /// <summary>Throttling, queue length, load: how much work waits.</summary>
    Saturation = 8,

    /// <summary>Restarts, replicas, readiness: the state of the workload itself.</summary>
    Availability = 9,
}
