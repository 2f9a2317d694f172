namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>Which pods there are and when: the outcome of rollouts, kills and crash loops.</summary>
internal static class PodTimeline
{
    public const int Nodes = 3;
    private const string SafeLetters = "bcdfghjklmnpqrstvwxz2456789";
    private static readonly TimeSpan BetweenSlots = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan OomRestart = TimeSpan.FromSeconds(10);

    public static IEnumerable<Pod> Pods(int index, WorkloadSpec spec, ulong seed, IReadOnlyList<Fault> faults, Grid grid)
    {
        var own = faults.Where(f => f.Workload == spec.FullName).ToList();
        var rollouts = Rollouts(own);
        var mix = HashNoise.Seed(seed, spec.FullName);
        for (var generation = 0; generation <= rollouts.Count; generation++)
        {
            var replicaSet = $"{spec.Name}-{Letters(mix, generation, 10)}";
            for (var slot = 0; slot < spec.Replicas; slot++)
            {
                var delay = slot * (long)BetweenSlots.TotalMilliseconds;
                var from = generation == 0 ? 0 : grid.StepFrom(rollouts[generation - 1] + delay);
                var to = generation == rollouts.Count ? long.MaxValue : grid.StepFrom(rollouts[generation] + delay);
                if (from >= to)
                    continue;
                long[] kills = [.. OomKills(own, slot, grid).Where(step => step > from && step < to).Order().Distinct()];
                long[] restarts = [.. Restarts(own, slot, grid).Where(step => step > from && step < to).Concat(kills).Order().Distinct()];
                yield return new(
                    index,
                    slot,
                    generation,
                    $"{replicaSet}-{Letters(mix ^ 99, generation * 1000 + slot, 5)}",
                    replicaSet,
                    $"node-{(HashNoise.Mix(mix, 0) + (ulong)slot) % Nodes + 1}",
                    from,
                    to,
                    Share(mix, slot, spec.Replicas),
                    restarts,
                    kills
                );
            }
        }
    }

    /// <summary>Bytes above the usual of a leaking replica, as a share of the head room up to its limit.</summary>
    public static double Leaked(IReadOnlyList<Fault> faults, int slot, long unixMs)
    {
        foreach (var fault in faults)
            if (fault.Kind == FaultKind.MemoryLeak && fault.IsActive(unixMs))
            {
                var cycle = TimeToLimit(fault, slot) + OomRestart;
                var into = TimeSpan.FromMilliseconds((unixMs - fault.Start.ToUnixTimeMilliseconds()) % cycle.TotalMilliseconds);
                return Math.Min(1, into / TimeToLimit(fault, slot));
            }
        return 0;
    }

    /// <summary>Whether a replica is waiting to be started again.</summary>
    public static bool IsDown(IReadOnlyList<Fault> faults, int slot, long unixMs) =>
        slot == 0 && faults.Any(f => f.Kind == FaultKind.CrashLoop && f.IsActive(unixMs));

    private static List<long> Rollouts(List<Fault> faults)
    {
        List<long> rollouts = [];
        foreach (var fault in faults.Where(static f => f.IsDeploy))
        {
            rollouts.Add(fault.Start.ToUnixTimeMilliseconds());
            if (fault.Kind == FaultKind.BadDeploy)
                rollouts.Add(fault.End.ToUnixTimeMilliseconds());
        }
        rollouts.Sort();
        return rollouts;
    }

    private static IEnumerable<long> OomKills(List<Fault> faults, int slot, Grid grid)
    {
        foreach (var fault in faults.Where(static f => f.Kind == FaultKind.MemoryLeak))
            for (var at = fault.Start + TimeToLimit(fault, slot); at < fault.End; at += TimeToLimit(fault, slot) + OomRestart)
                yield return grid.StepFrom(at.ToUnixTimeMilliseconds());
    }

    private static IEnumerable<long> Restarts(List<Fault> faults, int slot, Grid grid)
    {
        foreach (var fault in faults)
        {
            // Whoever ends a leak restarts the replica.
            if (fault.Kind == FaultKind.MemoryLeak)
                yield return grid.StepFrom(fault.End.ToUnixTimeMilliseconds());
            else if (fault.Kind == FaultKind.CrashLoop && slot == 0)
            {
                var wait = 10;
                for (var at = fault.Start; at < fault.End; at += TimeSpan.FromSeconds(10 + wait), wait = Math.Min(300, wait * 2))
                    yield return grid.StepFrom(at.ToUnixTimeMilliseconds());
            }
        }
    }

    private static TimeSpan TimeToLimit(Fault fault, int slot) =>
        TimeSpan.FromSeconds(Math.Clamp((fault.End - fault.Start).TotalSeconds * 0.8, 60, 8 * 3600) * (1 + 0.15 * slot));

    private static double Share(ulong seed, int slot, int replicas)
    {
        double total = 0;
        for (var i = 0; i < replicas; i++)
            total += Weight(i);
        return Weight(slot) / total;

        double Weight(int i) => 1 + 0.08 * (HashNoise.Unit(seed ^ 5, i) - 0.5);
    }

    private static string Letters(ulong seed, long position, int count) =>
        string.Create(
            count,
            (seed, position),
            static (text, key) =>
            {
                for (var i = 0; i < text.Length; i++)
                    text[i] = SafeLetters[(int)(HashNoise.Mix(key.seed, key.position * 64 + i) % (ulong)SafeLetters.Length)];
            }
        );
}
