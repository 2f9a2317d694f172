namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>
/// Faults of all kinds that values show, one after another, each with a length and a strength of its own: steps, which are there at once, and slow
/// ones, which grow to a limit. Two to four hours lie between two.
/// </summary>
internal static class FaultCatalogue
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(2);

    // Minutes and sizes are drawn evenly on a logarithmic scale.
    private static readonly Entry[] Entries =
    [
        new(FaultKind.Cpu, 8, 45, 0.4, 1.3),
        new(FaultKind.Errors, 5, 30, 0.1, 1.6),
        new(FaultKind.Latency, 8, 45, 0.25, 2),
        new(FaultKind.TrafficSurge, 8, 45, 0.5, 2),
        new(FaultKind.CrashLoop, 10, 45, 1, 1),
        new(FaultKind.BadDeploy, 15, 90, 0.5, 1.4),
        new(FaultKind.MemoryLeak, 30, 150, 1, 1),
        new(FaultKind.GradualLatency, 30, 150, 0.6, 1.5),
        new(FaultKind.DiskFill, 40, 180, 1, 1),
    ];

    /// <summary>Each kind comes as often as the others, in an order and on workloads of the seed.</summary>
    public static IEnumerable<Fault> Draw(IReadOnlyList<WorkloadSpec> specs, ulong seed, DateTimeOffset from, DateTimeOffset to)
    {
        var mix = seed ^ 61;
        var at = from + TimeSpan.FromHours(1);
        for (var i = 0; ; i++)
        {
            var entry = Entries[OrderOf(mix, i / Entries.Length)[i % Entries.Length]];
            var candidates = specs.Where(s => entry.Fits(s)).ToList();
            var length = TimeSpan.FromSeconds(Math.Floor(60 * Spread(entry.MinMinutes, entry.MaxMinutes, mix ^ 1, i)));
            var start = at + TimeSpan.FromSeconds(Math.Floor(7200 * HashNoise.Unit(mix ^ 2, i)));
            if (start + length + Pause > to)
                yield break;
            if (candidates.Count > 0)
                yield return new Fault(
                    0,
                    entry.Kind,
                    candidates[(int)(HashNoise.Mix(mix ^ 3, i) % (ulong)candidates.Count)].FullName,
                    start,
                    start + length
                )
                {
                    Size = Spread(entry.MinSize, entry.MaxSize, mix ^ 4, i),
                };
            at = start + length + Pause;
        }
    }

    private static int[] OrderOf(ulong mix, int round) =>
        [.. Enumerable.Range(0, Entries.Length).OrderBy(k => HashNoise.Mix(mix ^ 5, round * Entries.Length + k))];

    private static double Spread(double least, double most, ulong mix, int position) => least * Math.Pow(most / least, HashNoise.Unit(mix, position));

    private sealed record Entry(FaultKind Kind, double MinMinutes, double MaxMinutes, double MinSize, double MaxSize)
    {
        public bool Fits(WorkloadSpec spec) =>
            Kind switch
            {
                FaultKind.DiskFill => spec.VolumeBytes > 0,
                FaultKind.Errors or FaultKind.Latency or FaultKind.GradualLatency => spec.ServesHttp,
                FaultKind.TrafficSurge => spec.OwnPeak > 0,
                _ => true,
            };
    }
}
