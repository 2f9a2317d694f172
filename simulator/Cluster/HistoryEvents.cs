namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>
/// What happens by itself: normal life, and, when asked for, faults of all kinds but lost scrapes, which no value shows, before the clock begins.
/// </summary>
internal static class HistoryEvents
{
    private static readonly FaultKind[] Kinds =
    [
        .. Enum.GetValues<FaultKind>().Where(static k => new Fault(0, k, "", default, default).IsAnomalous && k != FaultKind.ScrapeLoss),
    ];

    /// <summary>How long normal life goes on after the clock begins.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(30);

    /// <summary>
    /// Events in order of time, those of the next thirty days included. Where the start is to be quiet, nothing begins or ends in the two hours
    /// before it and the hour after it, so that live data start from a quiet cluster and a demonstration is the same each time.
    /// </summary>
    public static IReadOnlyList<Fault> Draw(
        IReadOnlyList<WorkloadSpec> specs,
        ulong seed,
        DateTimeOffset start,
        DateTimeOffset now,
        int faults,
        bool isQuiet = true
    )
    {
        var last = now - TimeSpan.FromHours(2);
        bool IsInQuietTime(DateTimeOffset at) => isQuiet && at >= last && at < now.AddHours(1);
        List<Fault> events = [.. NormalLife.Draw(specs, seed, start, now + Ahead).Where(e => !IsInQuietTime(e.Start) && !IsInQuietTime(e.End))];
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
