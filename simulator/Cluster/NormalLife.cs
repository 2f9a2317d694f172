namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>
/// What happens to every cluster and is no fault. Each day and workload has its draws by the calendar and the seed alone, whenever the simulation
/// begins and ends.
/// </summary>
internal static class NormalLife
{
    private static readonly TimeSpan ForGood = TimeSpan.FromDays(365);

    /// <summary>Events from one instant to another, in no order.</summary>
    public static IEnumerable<Fault> Draw(IReadOnlyList<WorkloadSpec> specs, ulong seed, DateTimeOffset start, DateTimeOffset end)
    {
        for (var day = new DateTimeOffset(start.Date, TimeSpan.Zero); day < end; day = day.AddDays(1))
            foreach (var fault in specs.SelectMany(s => OfWorkload(s, seed, day)).Concat(OfCluster(seed, day)))
                if (fault.Start > start.AddHours(1) && fault.Start < end)
                    yield return fault;
    }

    private static IEnumerable<Fault> OfWorkload(WorkloadSpec spec, ulong seed, DateTimeOffset day)
    {
        var mix = HashNoise.Seed(seed ^ 41, spec.FullName);
        var number = Number(day);
        var isWorkday = day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday);
        if (isWorkday && Happens(mix ^ 1, number, 0.15))
            yield return Event(FaultKind.HealthyDeploy, spec.FullName, At(mix, number, day, 9, 17), TimeSpan.FromMinutes(5));
        if (Happens(mix ^ 2, number, 0.04))
            yield return Event(FaultKind.ScaleUp, spec.FullName, At(mix ^ 3, number, day, 8, 18), Between(mix ^ 4, number, 60, 360));
        if (Happens(mix ^ 5, number, 0.05))
            yield return Event(FaultKind.PodRestart, spec.FullName, At(mix ^ 6, number, day, 0, 24), TimeSpan.FromMinutes(1));
        if (spec.ServesHttp && Happens(mix ^ 7, number, 0.06))
            yield return Event(FaultKind.DroppedScrapes, spec.FullName, At(mix ^ 8, number, day, 0, 24), Between(mix ^ 9, number, 1, 3));
    }

    private static IEnumerable<Fault> OfCluster(ulong seed, DateTimeOffset day)
    {
        var mix = HashNoise.Seed(seed ^ 41, Fault.Everywhere);
        var number = Number(day);
        if (Happens(mix ^ 1, number, 0.15))
            yield return Event(
                FaultKind.NodeDrain,
                PodTimeline.NodeName((int)(HashNoise.Mix(mix ^ 2, number) % PodTimeline.Nodes)),
                At(mix ^ 3, number, day, 6, 20),
                TimeSpan.FromMinutes(10)
            );
        if (Happens(mix ^ 4, number, 0.03))
            yield return Event(FaultKind.LevelShift, Fault.Everywhere, At(mix ^ 5, number, day, 7, 19), ForGood);
        if (Happens(mix ^ 6, number, 0.06))
            yield return Event(FaultKind.Holiday, Fault.Everywhere, day, TimeSpan.FromDays(1));
        if (day.DayOfWeek == DayOfWeek.Sunday && Happens(mix ^ 7, number, 0.15))
            yield return Event(FaultKind.DaylightShift, Fault.Everywhere, day.AddHours(1), ForGood);
        if (Happens(mix ^ 8, number, 0.12))
            yield return Event(FaultKind.PrometheusRestart, Fault.Everywhere, At(mix ^ 9, number, day, 0, 24), Between(mix ^ 10, number, 0.7, 2.5));
    }

    private static Fault Event(FaultKind kind, string workload, DateTimeOffset at, TimeSpan length) => new(0, kind, workload, at, at + length);

    private static long Number(DateTimeOffset day) => day.ToUnixTimeSeconds() / 86_400;

    private static bool Happens(ulong mix, long day, double chance) => HashNoise.Unit(mix, day) < chance;

    private static DateTimeOffset At(ulong mix, long number, DateTimeOffset day, double fromHour, double toHour) =>
        day + TimeSpan.FromSeconds(Math.Floor((fromHour + (toHour - fromHour) * HashNoise.Unit(mix, number)) * 3600));

    private static TimeSpan Between(ulong mix, long number, double fromMinutes, double toMinutes) =>
        TimeSpan.FromSeconds(Math.Floor(60 * (fromMinutes + (toMinutes - fromMinutes) * HashNoise.Unit(mix, number))));
}
