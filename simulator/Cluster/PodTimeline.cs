namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>Which pods there are and when: the outcome of rollouts, kills and crash loops.</summary>
internal static class PodTimeline
{
    public const int Nodes = 3;
    private const string SafeLetters = "bcdfghjklmnpqrstvwxz2456789";
    private static readonly TimeSpan BetweenSlots = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan OomRestart = TimeSpan.FromSeconds(10);

    public static string NodeName(int node) => $"node-{node + 1}";

    /// <summary>Replicas while there are more than usual.</summary>
    public static int ScaledUp(WorkloadSpec spec) => spec.Replicas + Math.Max(1, spec.Replicas / 2);

    /// <summary>Replicas that are wanted at an instant.</summary>
    public static int Replicas(WorkloadSpec spec, IReadOnlyList<Fault> faults, long unixMs) =>
        faults.Any(f => f.Kind == FaultKind.ScaleUp && f.Workload == spec.FullName && f.IsActive(unixMs)) ? ScaledUp(spec) : spec.Replicas;

    public static IEnumerable<Pod> Pods(int index, WorkloadSpec spec, ulong seed, IReadOnlyList<Fault> faults, Grid grid)
    {
        var own = faults.Where(f => f.Concerns(spec)).ToList();
        var rollouts = Rollouts(own);
        var mix = HashNoise.Seed(seed, spec.FullName);
        List<(long From, long To)> scaled = [.. own.Where(static f => f.Kind == FaultKind.ScaleUp).Select(f => f.Steps(grid))];
        for (var generation = 0; generation <= rollouts.Count; generation++)
        {
            var replicaSet = $"{spec.Name}-{Letters(mix, generation, 10)}";
            for (var slot = 0; slot < ScaledUp(spec); slot++)
            {
                var delay = slot * (long)BetweenSlots.TotalMilliseconds;
                var from = generation == 0 ? 0 : grid.StepFrom(rollouts[generation - 1] + delay);
                var to = generation == rollouts.Count ? long.MaxValue : grid.StepFrom(rollouts[generation] + delay);
                var life = 0;
                foreach (var (begin, end, node) in Lives(spec, slot, from, to, scaled, Moves(spec, slot, mix, faults, grid)))
                {
                    long[] kills = [.. OomKills(own, slot, grid).Where(step => step > begin && step < end).Order().Distinct()];
                    long[] restarts = [.. Restarts(own, slot, grid).Where(step => step > begin && step < end).Concat(kills).Order().Distinct()];
                    yield return new(
                        index,
                        slot,
                        generation,
                        $"{replicaSet}-{Letters(mix ^ 99, generation * 1000 + slot + 100 * life++, 5)}",
                        replicaSet,
                        node,
                        begin,
                        end,
                        SharesOf(mix, slot, spec, scaled),
                        restarts,
                        kills
                    );
                }
            }
        }
    }

    /// <summary>A slot's pods between two rollouts: one after another where nodes are drained, extra ones while scaled up.</summary>
    private static IEnumerable<(long From, long To, string Node)> Lives(
        WorkloadSpec spec,
        int slot,
        long from,
        long to,
        List<(long From, long To)> scaled,
        List<(long Step, string Node)> moves
    )
    {
        List<(long From, long To)> wanted = slot < spec.Replicas ? [(0, long.MaxValue)] : scaled;
        foreach (var (begin, end) in wanted)
            for (var i = 0; i < moves.Count; i++)
            {
                var first = Math.Max(Math.Max(from, begin), moves[i].Step);
                var last = Math.Min(Math.Min(to, end), i + 1 < moves.Count ? moves[i + 1].Step : long.MaxValue);
                if (first < last)
                    yield return (first, last, moves[i].Node);
            }
    }

    /// <summary>From which step on which node a slot is: a drain moves it to another, within five minutes.</summary>
    private static List<(long Step, string Node)> Moves(WorkloadSpec spec, int slot, ulong mix, IReadOnlyList<Fault> faults, Grid grid)
    {
        var node = (int)((HashNoise.Mix(mix, 0) + (ulong)slot) % Nodes);
        List<(long Step, string Node)> moves = [(0, NodeName(node))];
        foreach (var drain in faults.Where(static f => f.Kind == FaultKind.NodeDrain).OrderBy(static f => f.Start))
            if (drain.Workload == NodeName(node))
            {
                var startMs = drain.Start.ToUnixTimeMilliseconds();
                var delayMs = (long)(HashNoise.Unit(HashNoise.Seed(mix, spec.Name) ^ (ulong)slot, startMs) * 300_000);
                var step = grid.StepFrom(startMs + delayMs);
                if (step <= moves[^1].Step)
                    continue;
                node = (node + 1 + (int)(HashNoise.Mix(mix ^ (ulong)slot, startMs) % (Nodes - 1))) % Nodes;
                moves.Add((step, NodeName(node)));
            }
        return moves;
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
        slot == 0
        && faults.Any(f =>
            (f.Kind == FaultKind.CrashLoop && f.IsActive(unixMs))
            || (f.Kind == FaultKind.PodRestart && f.IsActive(unixMs) && unixMs - f.Start.ToUnixTimeMilliseconds() < 20_000)
        );

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
            if (fault.Kind == FaultKind.PodRestart && slot == 0)
                yield return grid.StepFrom(fault.Start.ToUnixTimeMilliseconds());
            // Whoever ends a leak restarts the replica.
            else if (fault.Kind == FaultKind.MemoryLeak)
                yield return grid.StepFrom(fault.End.ToUnixTimeMilliseconds());
            else if (fault.Kind == FaultKind.CrashLoop && slot == 0)
            {
                var wait = 10;
                for (var at = fault.Start; at < fault.End; at += TimeSpan.FromSeconds(10 + wait), wait = Math.Min(300, wait * 2))
                    yield return grid.StepFrom(at.ToUnixTimeMilliseconds());
            }
        }
    }

    /// <summary>From the start of a leak to the first kill of a replica.</summary>
    public static TimeSpan TimeToLimit(Fault fault, int slot) =>
        TimeSpan.FromSeconds(Math.Clamp((fault.End - fault.Start).TotalSeconds * 0.8, 60, 8 * 3600) * (1 + 0.15 * slot));

    private static Shares SharesOf(ulong mix, int slot, WorkloadSpec spec, List<(long From, long To)> scaled)
    {
        List<(long, double)> changes = [(0, Share(mix, slot, spec.Replicas))];
        foreach (var (from, to) in scaled.Where(static s => s.From > 0).OrderBy(static s => s.From))
        {
            changes.Add((from, Share(mix, slot, ScaledUp(spec))));
            changes.Add((to, Share(mix, slot, spec.Replicas)));
        }
        return new(changes);
    }

    private static double Share(ulong seed, int slot, int replicas)
    {
        if (slot >= replicas)
            return 0;
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
