namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>What can be done to a workload; the last ones are normal events, which a detector should not report.</summary>
public enum FaultKind
{
    /// <summary>A busy loop asks for all CPU: throttling, then latency.</summary>
    Cpu = 0,

    /// <summary>The working set grows to the limit, is killed, grows again.</summary>
    MemoryLeak = 1,

    /// <summary>A quarter of the requests fails.</summary>
    Errors = 2,

    /// <summary>Own work takes three times as long, at once.</summary>
    Latency = 3,

    /// <summary>Own work takes longer and longer, three times as long at the end.</summary>
    GradualLatency = 4,

    /// <summary>Three and a half times the requests, from outside.</summary>
    TrafficSurge = 5,

    /// <summary>One pod exits after each start, with growing back-off.</summary>
    CrashLoop = 6,

    /// <summary>A new version needs 60 % more CPU, takes 80 % longer and fails 4 % of requests, until it is rolled back.</summary>
    BadDeploy = 7,

    /// <summary>The volume fills up to 97 %.</summary>
    DiskFill = 8,

    /// <summary>The application's own metrics cannot be scraped: <c>up</c> is 0, its histogram is absent.</summary>
    ScrapeLoss = 9,

    /// <summary>A new version that is as good as the old one (normal).</summary>
    HealthyDeploy = 10,

    /// <summary>Two fifths more requests for good, after half an hour of growth (normal).</summary>
    LevelShift = 11,

    /// <summary>A holiday: half the requests (normal).</summary>
    Holiday = 12,
}

/// <summary>One event with its ground truth.</summary>
/// <param name="Id">From 1, in order of injection.</param>
/// <param name="Kind">What happens.</param>
/// <param name="Workload"><c>namespace/name</c>.</param>
/// <param name="Start">First instant with an effect.</param>
/// <param name="End">First instant without.</param>
public sealed record Fault(int Id, FaultKind Kind, string Workload, DateTimeOffset Start, DateTimeOffset End)
{
    /// <summary>Whether a detector should report it.</summary>
    public bool IsAnomalous => Kind < FaultKind.HealthyDeploy;

    internal bool IsActive(long unixMs) => unixMs >= Start.ToUnixTimeMilliseconds() && unixMs < End.ToUnixTimeMilliseconds();

    /// <summary>From 0 at the start to 1 at the end.</summary>
    internal double Progress(long unixMs) => (unixMs - Start.ToUnixTimeMilliseconds()) / (End - Start).TotalMilliseconds;

    internal bool IsDeploy => Kind is FaultKind.BadDeploy or FaultKind.HealthyDeploy;
}
