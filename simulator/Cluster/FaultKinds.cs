namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>Names of the kinds of fault in the API and on the command line.</summary>
public static class FaultKinds
{
    private static readonly (string Name, FaultKind Kind)[] All =
    [
        ("cpu", FaultKind.Cpu),
        ("memory", FaultKind.MemoryLeak),
        ("errors", FaultKind.Errors),
        ("latency", FaultKind.Latency),
        ("gradual-latency", FaultKind.GradualLatency),
        ("traffic", FaultKind.TrafficSurge),
        ("crash-loop", FaultKind.CrashLoop),
        ("bad-deploy", FaultKind.BadDeploy),
        ("disk", FaultKind.DiskFill),
        ("scrape-loss", FaultKind.ScrapeLoss),
        ("healthy-deploy", FaultKind.HealthyDeploy),
        ("level-shift", FaultKind.LevelShift),
        ("holiday", FaultKind.Holiday),
        ("scale-up", FaultKind.ScaleUp),
        ("node-drain", FaultKind.NodeDrain),
        ("daylight-shift", FaultKind.DaylightShift),
        ("pod-restart", FaultKind.PodRestart),
        ("dropped-scrapes", FaultKind.DroppedScrapes),
        ("prometheus-restart", FaultKind.PrometheusRestart),
        ("cron-run", FaultKind.CronRun),
    ];

    /// <summary>Of those that can be injected.</summary>
    public static IEnumerable<string> Names => All.Where(static k => k.Kind != FaultKind.CronRun).Select(static k => k.Name);

    public static string NameOf(FaultKind kind) => Array.Find(All, k => k.Kind == kind).Name;

    public static bool TryParse(string name, out FaultKind kind)
    {
        var index = Array.FindIndex(All, k => k.Name == name && k.Kind != FaultKind.CronRun);
        kind = index < 0 ? default : All[index].Kind;
        return index >= 0;
    }
}
