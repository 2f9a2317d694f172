namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>
/// What happened before the clock began: a healthy rollout of each workload about every seventh weekday, and, when asked for, faults of all kinds but
/// lost scrapes, which no value shows.
/// </summary>
internal static class HistoryEvents
{
    private static readonly FaultKind[] Kinds =
    [
        .. Enum.GetValues<FaultKind>().Where(static k => new Fault(0, k, "", default, default).IsAnomalous && k != FaultKind.ScrapeLoss),
    ];

    /// <summary>Events in order of time. None begins in the last two hours, so that live data start from a quiet cluster.</summary>
    public static IReadOnlyList<Fault> Draw(IReadOnlyList<WorkloadSpec> specs, ulong seed, DateTimeOffset start, DateTimeOffset now, int faults)
    {
        var last = now - TimeSpan.FromHours(2);
        List<Fault> events = [];
        for (var day = start.Date; day < now.Date.AddDays(1); day = day.AddDays(1))
            foreach (var spec in specs)
            {
                var mix = HashNoise.Seed(seed ^ 41, spec.FullName);
                var number = new DateTimeOffset(day, TimeSpan.Zero).ToUnixTimeSeconds() / 86_400;
                var at = new DateTimeOffset(day, TimeSpan.Zero) + TimeSpan.FromSeconds(Math.Floor((9 + 8 * HashNoise.Unit(mix, number)) * 3600));
                if (
                    day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday)
                    && HashNoise.Unit(mix ^ 1, number) < 0.15
                    && at > start.AddHours(1)
                    && at < last
                )
                    events.Add(new(0, FaultKind.HealthyDeploy, spec.FullName, at, at.AddMinutes(5)));
            }
        // Faults keep half a day of each other's distance from the start, evenly over what remains.
        for (var i = 0; i < faults; i++)
        {
            var slot = (last - start - TimeSpan.FromHours(12)) / faults;
            var at = start + TimeSpan.FromHours(12) + slot * (i + 0.5 * HashNoise.Unit(seed ^ 42, i));
            at = DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds());
            var candidates = Kinds[i % Kinds.Length] == FaultKind.DiskFill ? [.. specs.Where(static s => s.VolumeBytes > 0)] : specs;
            var spec = candidates[(int)(HashNoise.Mix(seed ^ 43, i) % (ulong)candidates.Count)];
            var minutes = Math.Min(5 * Math.Pow(9, HashNoise.Unit(seed ^ 44, i)), slot.TotalMinutes / 2);
            events.Add(new(0, Kinds[i % Kinds.Length], spec.FullName, at, at.AddSeconds(Math.Floor(minutes * 60))));
        }
        return [.. events.OrderBy(static e => e.Start).Select(static (e, i) => e with { Id = i + 1 })];
    }
}
