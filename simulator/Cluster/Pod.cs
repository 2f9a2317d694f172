namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>One pod of a rollout. Pods of a workload take its slots; a rollout replaces slot after slot.</summary>
/// <param name="Workload">Index of the workload.</param>
/// <param name="Slot">From 0.</param>
/// <param name="Generation">Rollouts before it.</param>
/// <param name="Name">With the suffixes that Kubernetes gives.</param>
/// <param name="ReplicaSet">Its owner.</param>
/// <param name="Node">Where it runs.</param>
/// <param name="From">First step with samples.</param>
/// <param name="To">First step without; <see cref="long.MaxValue"/> while it lives.</param>
/// <param name="Shares">Share of the workload's requests and work.</param>
/// <param name="Restarts">Steps at which the application container began anew.</param>
/// <param name="OomKills">Those of them that followed a kill for want of memory.</param>
internal sealed record Pod(
    int Workload,
    int Slot,
    int Generation,
    string Name,
    string ReplicaSet,
    string Node,
    long From,
    long To,
    Shares Shares,
    long[] Restarts,
    long[] OomKills
)
{
    /// <summary>Step from which the application container counts, at a given step.</summary>
    public long Origin(long step)
    {
        var origin = From;
        foreach (var restart in Restarts)
            if (restart <= step)
                origin = restart;
        return origin;
    }

    public int OomKillsUntil(long step) => Array.FindAll(OomKills, k => k <= step).Length;

    public int RestartsUntil(long step) => Array.FindAll(Restarts, r => r <= step).Length;
}
