using Dapr.Anomaly.Simulator;
using Dapr.Anomaly.Simulator.Cluster;

namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>Something that did happen, and where it can be seen.</summary>
/// <param name="Kind">As the simulator names it.</param>
/// <param name="IsFault">Whether it should be reported.</param>
/// <param name="Scope">Workloads and nodes.</param>
internal sealed record TrueEvent(string Kind, bool IsFault, string Workload, DateTimeOffset Start, DateTimeOffset End, IReadOnlySet<string> Scope)
{
    /// <summary>A step is to be found within this.</summary>
    private static readonly TimeSpan StepLimit = TimeSpan.FromMinutes(2);

    /// <summary>Grows slowly to a limit.</summary>
    public bool IsSlow { get; init; }

    /// <summary>Until when it is found in time.</summary>
    public DateTimeOffset Limit { get; init; } = Start + StepLimit;

    /// <summary>An incident of a fault opens before this is over.</summary>
    private static readonly TimeSpan OpensWithin = TimeSpan.FromMinutes(10);

    /// <summary>An incident that opens while things settle counts neither for nor against.</summary>
    private static readonly TimeSpan SettlesWithin = TimeSpan.FromMinutes(30);

    /// <summary>What stays is news for a day.</summary>
    private static readonly TimeSpan ForGood = TimeSpan.FromDays(1);

    /// <summary>Rates look this far back.</summary>
    private static readonly TimeSpan RateWindow = TimeSpan.FromMinutes(5);

    /// <summary>A scrape that was lost shortly before an incident; null when there was none.</summary>
    public static TrueEvent? LostScrape(SimulatedCluster cluster, OpenedIncident opened)
    {
        var incident = opened.Incident;
        var (from, to) = (incident.Since - RateWindow, incident.OpenedAt);
        return cluster.LostScrape(incident.Workload, from, to)
            ? new("lost-scrape", false, incident.Workload, from, to, new HashSet<string> { incident.Workload })
            : null;
    }

    /// <summary>All events of a cluster that touch a span.</summary>
    public static IReadOnlyList<TrueEvent> Of(SimulatedCluster cluster, DateTimeOffset from, DateTimeOffset to) =>
        [
            .. cluster
                .Events.Select(e => e with { End = e.End < e.Start + ForGood ? e.End : e.Start + ForGood })
                .Where(e => e.Start < to && e.End > from)
                .Concat(cluster.CronRuns(from, to))
                .Select(e => new TrueEvent(FaultKinds.NameOf(e.Kind), e.IsAnomalous, e.Workload, e.Start, e.End, cluster.Scope(e))
                {
                    IsSlow = e.IsSlow,
                    Limit = e.IsSlow ? e.Limit : e.Start + StepLimit,
                })
                .OrderBy(e => e.Start),
        ];

    public bool Explains(OpenedIncident opened) => IsAt(opened, OpensWithin);

    public bool Settles(OpenedIncident opened) => IsAt(opened, SettlesWithin);

    private bool IsAt(OpenedIncident opened, TimeSpan after) =>
        Scope.Contains(opened.Incident.Workload) && opened.Incident.OpenedAt >= Start && opened.Incident.OpenedAt < End + after;
}
