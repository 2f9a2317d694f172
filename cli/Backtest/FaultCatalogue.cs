using Dapr.Anomaly.Simulator;
using Dapr.Anomaly.Simulator.Cluster;

namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>One fault of each kind after another, spread over the scored days.</summary>
internal static class FaultCatalogue
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(4);

    private static readonly (FaultKind Kind, TimeSpan Duration)[] Kinds =
    [
        (FaultKind.Cpu, TimeSpan.FromMinutes(20)),
        (FaultKind.MemoryLeak, TimeSpan.FromMinutes(90)),
        (FaultKind.Errors, TimeSpan.FromMinutes(15)),
        (FaultKind.Latency, TimeSpan.FromMinutes(20)),
        (FaultKind.GradualLatency, TimeSpan.FromMinutes(90)),
        (FaultKind.TrafficSurge, TimeSpan.FromMinutes(20)),
        (FaultKind.CrashLoop, TimeSpan.FromMinutes(20)),
        (FaultKind.BadDeploy, TimeSpan.FromMinutes(40)),
        (FaultKind.DiskFill, TimeSpan.FromMinutes(90)),
    ];

    public static IEnumerable<(FaultKind Kind, string Workload, DateTimeOffset Start, TimeSpan Duration)> Draw(
        SimulatedCluster cluster,
        int seed,
        DateTimeOffset from,
        DateTimeOffset to
    )
    {
        var random = new Random(seed);
        var number = random.Next(Kinds.Length);
        for (var slot = from + Every / 2; slot + Every <= to; slot += Every)
        {
            var (kind, duration) = Kinds[number++ % Kinds.Length];
            var candidates = cluster.WorkloadsThatCanHave(kind);
            var workload = candidates[random.Next(candidates.Count)];
            yield return (kind, workload, slot + TimeSpan.FromSeconds(random.Next(3600)), duration);
        }
    }
}
