using Dapr.Anomaly.Simulator.Cluster;

namespace Dapr.Anomaly.Simulator;

/// <summary>A cluster that has been running for as long as its history and goes on with the clock. Safe for concurrent use.</summary>
public sealed class SimulatedCluster
{
    private readonly TimeProvider _time;
    private readonly object _changing = new();
    private ClusterSnapshot _snapshot;

    public SimulatedCluster(SimulatorOptions options, TimeProvider time)
    {
        (Options, _time) = (options, time);
        var now = time.GetUtcNow();
        var epochMs = (now - options.History).ToUnixTimeMilliseconds() / 3_600_000 * 3_600_000;
        var specs = Boutique.Workloads(options.Workloads);
        var grid = new Grid(epochMs, (int)options.Step.TotalMilliseconds);
        var seed = HashNoise.Mix((ulong)options.Seed, 0);
        _snapshot = ClusterSnapshot.Create(
            specs,
            seed,
            HistoryEvents.Draw(specs, seed, DateTimeOffset.FromUnixTimeMilliseconds(epochMs), now, options.HistoryFaults, options.QuietStart),
            grid
        );
    }

    public SimulatorOptions Options { get; }

    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>First instant with samples.</summary>
    public DateTimeOffset Start => DateTimeOffset.FromUnixTimeMilliseconds(Snapshot.Grid.EpochMs);

    /// <summary>Names of the workloads, <c>namespace/name</c>.</summary>
    public IReadOnlyList<string> Workloads => [.. Snapshot.Specs.Select(static s => s.FullName)];

    /// <summary>All events, those to come included: the ground truth.</summary>
    public IReadOnlyList<Fault> Events => Snapshot.Faults;

    internal ClusterSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>
    /// Workloads and nodes on which an event can be seen: its own, callers within two hops, what it calls where the number of requests changes, and
    /// the nodes that its pods run on.
    /// </summary>
    public IReadOnlySet<string> Scope(Fault fault) => EventScope.Of(Snapshot, fault);

    /// <summary>Does something to a workload.</summary>
    /// <param name="kind">What.</param>
    /// <param name="workload"><c>namespace/name</c>, or the name alone in the first shop; a node to drain; ignored where all are concerned.</param>
    /// <param name="duration">How long.</param>
    /// <param name="start">From when; null for the next whole second. A start in the past rewrites the history from there.</param>
    /// <exception cref="ArgumentException">No workload of that name; the message lists them.</exception>
    public Fault Inject(FaultKind kind, string workload, TimeSpan duration, DateTimeOffset? start)
    {
        var fullName = Place(kind, workload);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        if (kind == FaultKind.DiskFill && Snapshot.Specs.First(s => s.FullName == fullName).VolumeBytes == 0)
            throw new ArgumentException(
                $"workload \"{workload}\" has no volume; write "
                    + $"{string.Join(" or ", Snapshot.Specs.Where(static s => s.VolumeBytes > 0).Select(static s => s.FullName))}"
            );
        lock (_changing)
        {
            var from = start ?? DateTimeOffset.FromUnixTimeSeconds(Now.ToUnixTimeSeconds() + 1);
            var fault = new Fault(Events.Count + 1, kind, fullName, from, from + duration);
            Volatile.Write(ref _snapshot, _snapshot.With([.. Events, fault], from));
            return fault;
        }
    }

    /// <summary>Spreads the catalogue of faults over a span.</summary>
    public void InjectCatalogue(DateTimeOffset from, DateTimeOffset to)
    {
        lock (_changing)
        {
            var drawn = FaultCatalogue.Draw(Snapshot.Specs, Snapshot.Seed, from, to).Select((f, i) => f with { Id = Events.Count + 1 + i });
            Volatile.Write(ref _snapshot, _snapshot.With([.. Events, .. drawn], from));
        }
    }

    /// <summary>Runs of scheduled work that touch a span.</summary>
    public IEnumerable<Fault> CronRuns(DateTimeOffset from, DateTimeOffset to) =>
        Snapshot.Specs.SelectMany(s => s.Cron is { } cron ? cron.Runs(s, HashNoise.Seed(Snapshot.Seed, s.FullName), from, to) : []);

    /// <summary>Whether a scrape of a workload's pods, or of a node, was lost in a span: two in a thousand are.</summary>
    /// <param name="place">A workload, its volume, or a node.</param>
    public bool LostScrape(string place, DateTimeOffset from, DateTimeOffset to)
    {
        var snapshot = Snapshot;
        var (first, last) = (snapshot.Grid.StepFrom(from.ToUnixTimeMilliseconds()), snapshot.Grid.StepOf(to.ToUnixTimeMilliseconds()));
        var spec = snapshot.Specs.FirstOrDefault(s => place == s.FullName || place == $"{s.FullName}-data");
        bool IsOf(SimulatedSeries series) =>
            spec is null
                ? series.Labels["instance"] == place
                : series.Labels["namespace"] == spec.Namespace && series.Labels["pod"].StartsWith($"{spec.Name}-", StringComparison.Ordinal);
        return snapshot
            .Series.Where(s => s.From <= last && s.To > first && IsOf(s))
            .DistinctBy(static s => s.Target)
            .Any(s => Enumerable.Range(0, (int)(last - first) + 1).Any(i => s.IsScrapeLost(first + i)));
    }

    private string Place(FaultKind kind, string workload)
    {
        if (kind is FaultKind.DaylightShift or FaultKind.PrometheusRestart)
            return Fault.Everywhere;
        IReadOnlyList<string> nodes = [.. Enumerable.Range(0, PodTimeline.Nodes).Select(PodTimeline.NodeName)];
        if (kind == FaultKind.NodeDrain)
            return nodes.Contains(workload)
                ? workload
                : throw new ArgumentException($"node \"{workload}\" is not known; write one of {string.Join(", ", nodes)}");
        return Workloads.FirstOrDefault(w => w == workload)
            ?? Workloads.FirstOrDefault(w => w[(w.IndexOf('/', StringComparison.Ordinal) + 1)..] == workload)
            ?? throw new ArgumentException($"workload \"{workload}\" is not known; write one of {string.Join(", ", Workloads)}");
    }

    /// <summary>Ends an event now; null when there is none of that id still to end.</summary>
    public Fault? End(int id)
    {
        lock (_changing)
        {
            var now = Now;
            if (Events.FirstOrDefault(f => f.Id == id && f.Start < now && f.End > now) is not { } running)
                return null;
            var ended = running with { End = now };
            Volatile.Write(ref _snapshot, _snapshot.With([.. Events.Select(f => f.Id == id ? ended : f)], now));
            return ended;
        }
    }
}
