using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>Figures of the replays of all seeds.</summary>
internal static class ReportBuilder
{
    private static readonly TimeSpan FirstHour = TimeSpan.FromHours(1);

    public static BacktestReport Build(string source, BacktestOptions options, IReadOnlyList<SeedReplay> replays)
    {
        double days = replays.Sum(r => (r.Result.To - r.Result.From).TotalDays);
        var incidents = replays.SelectMany(r => r.Incidents.Select(i => (r.Seed, Incident: i))).ToList();
        var wrong = incidents.Where(i => i.Incident.Class == IncidentClass.False).ToList();
        double[] daily = [.. replays.Select(r => r.Incidents.Count(i => i.Class == IncidentClass.False) / (r.Result.To - r.Result.From).TotalDays)];
        var faults = Faults(replays);
        return new(
            source,
            [.. replays.Select(r => r.Seed).OfType<int>()],
            replays.All(r => r.Seed is null) ? null : options.Workloads,
            days / replays.Count,
            options.Step.TotalSeconds,
            incidents.Count / days,
            daily.Average(),
            Moments.Of(daily).StandardError,
            incidents.Count(i => i.Incident.Opened.Told) / days,
            replays.Sum(r => r.Incidents.Count(i => i.Class == IncidentClass.False && i.Opened.Incident.OpenedAt < r.Result.From + FirstHour)),
            [.. Counted(incidents.Select(i => QueryOf(i.Incident.Opened.Incident)), days)],
            [.. Counted(wrong.Select(w => QueryOf(w.Incident.Opened.Incident)), days)],
            ByEvent(replays, wrong.ConvertAll(w => w.Incident), days),
            faults,
            [
                .. faults
                    .GroupBy(f => f.Pattern)
                    .Select(g => new PatternFigures(
                        g.Key,
                        g.Sum(f => f.Events),
                        g.Sum(f => f.Found) / (double)g.Sum(f => f.Events),
                        g.Sum(f => f.InTime) / (double)g.Sum(f => f.Events)
                    )),
            ],
            NotScored(replays),
            Speed(replays),
            [
                .. replays.Select(r => new SeedFigures(
                    r.Seed,
                    r.Result.From,
                    r.Result.To,
                    r.Incidents.Count,
                    r.Incidents.Count(i => i.Class == IncidentClass.False),
                    r.Faults.Count(),
                    r.Faults.Count(f => r.Found(f).Any())
                )),
            ],
            [.. incidents.Select(i => Line(i.Seed, i.Incident))]
        );
    }

    private static IEnumerable<CountedBy> Counted(IEnumerable<string> names, double days) =>
        names
            .GroupBy(n => n)
            .Select(g => new CountedBy(g.Key, g.Count(), g.Count() / days))
            .OrderByDescending(c => c.Incidents)
            .ThenBy(c => c.Name, StringComparer.Ordinal);

    private static List<CountedBy> ByEvent(IReadOnlyList<SeedReplay> replays, List<ClassedIncident> wrong, double days)
    {
        var happened = replays.SelectMany(r => r.Events).Where(e => !e.IsFault).GroupBy(e => e.Kind).ToDictionary(g => g.Key, g => g.Count());
        var counted = Counted(wrong.Select(w => w.CauseName), days).Select(c => c with { Events = happened.GetValueOrDefault(c.Name) }).ToList();
        counted.AddRange(
            happened
                .Where(h => counted.All(c => c.Name != h.Key))
                .OrderBy(h => h.Key, StringComparer.Ordinal)
                .Select(h => new CountedBy(h.Key, 0, 0, h.Value))
        );
        return counted;
    }

    private static List<FaultFigures> Faults(IReadOnlyList<SeedReplay> replays) =>
        [
            .. replays
                .SelectMany(r => r.Faults.Select(f => (Fault: f, Found: r.Found(f).ToList(), WasOpen: r.WasOpenBefore(f))))
                .GroupBy(f => f.Fault.Kind)
                .OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g =>
                {
                    var found = g.Where(f => f.Found.Count > 0).ToList();
                    double[] delays = [.. found.Select(f => (f.Found.Min(i => i.Opened.Incident.OpenedAt) - f.Fault.Start).TotalSeconds).Order()];
                    var inTime = found.Count(f => f.Found.Any(i => i.Opened.Incident.OpenedAt <= f.Fault.Limit));
                    return new FaultFigures(
                        g.Key,
                        g.First().Fault.IsSlow ? "slow" : "step",
                        g.Count(),
                        found.Count,
                        found.Count / (double)g.Count(),
                        inTime,
                        inTime / (double)g.Count(),
                        delays.Length > 0 ? delays[delays.Length / 2] : null,
                        delays.Length > 0 ? delays[^1] : null,
                        found.Count > 0 ? found.Average(f => f.Found.Count) : 0,
                        g.Count(f => f.Found.Count == 0 && f.WasOpen)
                    );
                }),
        ];

    private static List<UnscoredSeries> NotScored(IReadOnlyList<SeedReplay> replays)
    {
        var all = replays.SelectMany(r => r.Result.Coverage).ToList();
        var samples = all.GroupBy(c => c.Series.Name).ToDictionary(g => g.Key, g => g.Sum(c => c.Coverage.Total));
        return
        [
            .. all.SelectMany(c => c.Coverage.Unscored.Select(u => (c.Series, u.State, u.Count, u.Reason)))
                .GroupBy(u => (u.Series.Name, u.State))
                .Select(g => new UnscoredSeries(
                    g.Key.Name,
                    System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(g.Key.State.ToString()),
                    g.First().Reason,
                    g.Count(),
                    g.Sum(u => u.Count),
                    g.Sum(u => u.Count) / (double)samples[g.Key.Name]
                ))
                .OrderByDescending(u => u.Samples)
                .ThenBy(u => u.Query, StringComparer.Ordinal),
        ];
    }

    private static SpeedFigures Speed(IReadOnlyList<SeedReplay> replays)
    {
        double Sum(Func<ReplayResult, double> of) => replays.Sum(r => of(r.Result));
        var simulated = Sum(r => (r.To - r.From).TotalSeconds);
        var (all, training, collecting) = (Sum(r => r.Elapsed.TotalSeconds), Sum(r => r.Training.TotalSeconds), Sum(r => r.Collecting.TotalSeconds));
        return new(
            simulated / all,
            simulated / Math.Max(1e-9, all - training),
            (long)Sum(r => r.Samples),
            all,
            training,
            collecting,
            all - training - collecting,
            (int)Sum(r => r.Trainings)
        );
    }

    private static IncidentLine Line(int? seed, ClassedIncident classed)
    {
        var (incident, told, resolved) = classed.Opened;
        var worst = incident.Signals.Count > 0 ? incident.Signals[0] : null;
        return new(
            seed,
            classed.Class.ToString().ToLowerInvariant(),
            classed.CauseName,
            incident.OpenedAt,
            incident.Since,
            resolved,
            told,
            incident.Workload,
            QueryOf(incident),
            worst?.Series.Unit ?? "",
            incident.Score,
            worst?.Value ?? double.NaN,
            worst?.Expected,
            worst?.Lower,
            worst?.Upper,
            worst?.Votes ?? [],
            worst?.Why ?? [],
            [.. incident.Signals.Select(s => s.Series.Name).Distinct()]
        );
    }

    private static string QueryOf(IncidentV1 incident) => incident.Signals.Count > 0 ? incident.Signals[0].Series.Name : "unknown";
}

/// <summary>A replay with what was true of it.</summary>
/// <param name="Seed">Of simulated days; null of recorded ones.</param>
internal sealed record SeedReplay(int? Seed, ReplayResult Result, IReadOnlyList<TrueEvent> Events, IReadOnlyList<ClassedIncident> Incidents)
{
    /// <summary>Faults that began in the scored days.</summary>
    public IEnumerable<TrueEvent> Faults => Events.Where(e => e.IsFault && e.Start >= Result.From);

    /// <summary>Whether an incident was open in the place of a fault when it began.</summary>
    public bool WasOpenBefore(TrueEvent fault) =>
        Incidents.Any(i =>
            fault.Scope.Contains(i.Opened.Incident.Workload)
            && i.Opened.Incident.OpenedAt < fault.Start
            && (i.Opened.ResolvedAt ?? DateTimeOffset.MaxValue) > fault.Start
        );

    public IEnumerable<ClassedIncident> Found(TrueEvent fault) => Incidents.Where(i => i.Class == IncidentClass.Fault && i.Cause == fault);
}
