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

    /// <summary>More requests for good, two fifths on one workload and a quarter on all, after half an hour of growth (normal).</summary>
    LevelShift = 11,

    /// <summary>A holiday: half the requests (normal).</summary>
    Holiday = 12,

    /// <summary>Half as many replicas more, for a while (normal).</summary>
    ScaleUp = 13,

    /// <summary>The pods of a node move to others, one after another (normal).</summary>
    NodeDrain = 14,

    /// <summary>Clocks are put forward: the day of the shoppers comes an hour earlier, for good (normal).</summary>
    DaylightShift = 15,

    /// <summary>One container begins anew, and its counters with it (normal).</summary>
    PodRestart = 16,

    /// <summary>The application's own metrics miss a few scrapes (normal).</summary>
    DroppedScrapes = 17,

    /// <summary>Nothing is scraped for a minute or two (normal).</summary>
    PrometheusRestart = 18,

    /// <summary>Work that comes by the clock (normal); it happens by itself and is never injected.</summary>
    CronRun = 19,
}

/// <summary>One event with its ground truth.</summary>
/// <param name="Id">From 1, in order of injection.</param>
/// <param name="Kind">What happens.</param>
/// <param name="Workload"><c>namespace/name</c>; the node of a drain; <see cref="Everywhere"/> for what concerns all.</param>
/// <param name="Start">First instant with an effect.</param>
/// <param name="End">First instant without.</param>
public sealed record Fault(int Id, FaultKind Kind, string Workload, DateTimeOffset Start, DateTimeOffset End)
{
    /// <summary>How strong it is; 1 is what the kind says.</summary>
    public double Size { get; init; } = 1;

    /// <summary>Whether it grows from nothing to a limit; others are there at once.</summary>
    public bool IsSlow => Kind is FaultKind.MemoryLeak or FaultKind.GradualLatency or FaultKind.DiskFill;

    /// <summary>
    /// When a slow fault has done its harm: the first kill for want of memory, own work that takes twice as long, a full volume. The start of others.
    /// </summary>
    public DateTimeOffset Limit =>
        Kind switch
        {
            FaultKind.MemoryLeak => Start + PodTimeline.TimeToLimit(this, 0),
            FaultKind.GradualLatency => Start + (End - Start) * Math.Min(1, 1 / (2 * Size)),
            FaultKind.DiskFill => End,
            _ => Start,
        };

    /// <summary>Stands for a workload where an event concerns the whole cluster.</summary>
    public const string Everywhere = "*";

    /// <summary>Whether a detector should report it.</summary>
    public bool IsAnomalous => Kind < FaultKind.HealthyDeploy;

    internal bool IsActive(long unixMs) => unixMs >= Start.ToUnixTimeMilliseconds() && unixMs < End.ToUnixTimeMilliseconds();

    /// <summary>From 0 at the start to 1 at the end.</summary>
    internal double Progress(long unixMs) => (unixMs - Start.ToUnixTimeMilliseconds()) / (End - Start).TotalMilliseconds;

    /// <summary>How much a level shift adds: two fifths to one workload, a quarter where all grow.</summary>
    internal double Growth => Workload == Everywhere ? 0.25 : 0.4;

    /// <summary>Rises from 0 to 1 in the first eighth of the event, two hours at most, and falls as long before its end.</summary>
    internal double Ramp(long unixMs)
    {
        var ramp = Math.Min((End - Start).TotalMilliseconds / 8, 7_200_000);
        return Math.Clamp(Math.Min(unixMs - Start.ToUnixTimeMilliseconds(), End.ToUnixTimeMilliseconds() - unixMs) / ramp, 0, 1);
    }

    /// <summary>The steps of its span, the last one excluded.</summary>
    internal (long From, long To) Steps(Grid grid) => (grid.StepFrom(Start.ToUnixTimeMilliseconds()), grid.StepFrom(End.ToUnixTimeMilliseconds()));

    internal bool Concerns(WorkloadSpec spec) => Workload == spec.FullName || (Workload == Everywhere && (spec.OwnPeak > 0 || !ChangesTraffic));

    /// <summary>Whether it changes how many requests come.</summary>
    internal bool ChangesTraffic => Kind is FaultKind.TrafficSurge or FaultKind.LevelShift or FaultKind.Holiday or FaultKind.DaylightShift;

    internal bool IsDeploy => Kind is FaultKind.BadDeploy or FaultKind.HealthyDeploy;
}
