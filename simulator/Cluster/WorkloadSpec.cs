namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>One Deployment.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name; also that of its service.</param>
/// <param name="Container">Name of the application container; a <c>daprd</c> sidecar stands beside it.</param>
/// <param name="Replicas">Pods.</param>
/// <param name="OwnPeak">Requests a second from outside at the peak of a weekday; 0 when only others call it.</param>
/// <param name="CpuBase">Cores when idle, all replicas.</param>
/// <param name="CpuPerRequest">Core seconds of one request.</param>
/// <param name="CpuLimit">Cores of one replica.</param>
/// <param name="MemoryBase">Bytes of one replica, warm.</param>
/// <param name="MemoryLimit">Bytes of one replica.</param>
/// <param name="LatencyMedian">Seconds of own work in the median request.</param>
/// <param name="LatencySigma">Spread of the log-normal latency.</param>
/// <param name="ErrorRatio">Share of requests that fail on a good day.</param>
/// <param name="ServesHttp">Whether it exports a request histogram.</param>
/// <param name="Calls">What it calls, how often for each request.</param>
/// <param name="Cron">Scheduled extra work; null for none.</param>
/// <param name="VolumeBytes">Size of its persistent volume; 0 for none.</param>
internal sealed record WorkloadSpec(
    string Namespace,
    string Name,
    string Container,
    int Replicas,
    double OwnPeak,
    double CpuBase,
    double CpuPerRequest,
    double CpuLimit,
    double MemoryBase,
    double MemoryLimit,
    double LatencyMedian,
    double LatencySigma,
    double ErrorRatio,
    bool ServesHttp,
    IReadOnlyList<Call> Calls,
    Cron? Cron = null,
    double VolumeBytes = 0
)
{
    public string FullName => $"{Namespace}/{Name}";

    /// <summary>Cores that all replicas may use together.</summary>
    public double CpuCapacity => CpuLimit * Replicas;
}

/// <summary>A dependency: calls for each own request, and the share of its failures that fail the caller.</summary>
internal readonly record struct Call(string Target, double PerRequest, double Critical);

/// <summary>Work that comes by the clock.</summary>
/// <param name="Every">Distance of runs.</param>
/// <param name="At">Offset of a run within that.</param>
/// <param name="Length">How long a run takes.</param>
/// <param name="TrafficFactor">Requests are multiplied by this.</param>
/// <param name="CpuFactor">CPU demand is multiplied by this.</param>
internal sealed record Cron(TimeSpan Every, TimeSpan At, TimeSpan Length, double TrafficFactor, double CpuFactor)
{
    /// <summary>Runs of a workload that touch a span.</summary>
    public IEnumerable<Fault> Runs(WorkloadSpec spec, ulong seed, DateTimeOffset from, DateTimeOffset to)
    {
        var period = (long)Every.TotalMilliseconds;
        for (var run = from.ToUnixTimeMilliseconds() / period - 1; run * period < to.ToUnixTimeMilliseconds(); run++)
        {
            var start = DateTimeOffset.FromUnixTimeMilliseconds(run * period) + At + Jitter(seed, run);
            if (start < to && start + Length > from)
                yield return new(0, FaultKind.CronRun, spec.FullName, start, start + Length);
        }
    }

    /// <summary>Whether a run is on; each begins within a minute of its time.</summary>
    public bool IsRunning(ulong seed, long unixMs)
    {
        var period = (long)Every.TotalMilliseconds;
        var run = unixMs / period;
        var into = unixMs - run * period - At.TotalMilliseconds - Jitter(seed, run).TotalMilliseconds;
        return into >= 0 && into < Length.TotalMilliseconds;
    }

    private static TimeSpan Jitter(ulong seed, long run) => TimeSpan.FromMilliseconds(Math.Floor((HashNoise.Unit(seed, run) * 2 - 1) * 60_000));
}
