using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Simulator.PromQl;

namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>The cluster under a fixed set of events: every series at every instant. A new event makes a new snapshot that shares the past.</summary>
internal sealed class ClusterSnapshot
{
    private readonly ILookup<string, SimulatedSeries> _byName;
    private readonly ClusterHistory _history;

    private ClusterSnapshot(IReadOnlyList<WorkloadSpec> specs, ulong seed, IReadOnlyList<Fault> faults, Grid grid, ClusterHistory history)
    {
        (Specs, Seed, Faults, Grid, _history) = (specs, seed, faults, grid, history);
        Series = Catalogue(specs, seed, faults, grid, history);
        _byName = Series.ToLookup(static s => s.Name);
    }

    public IReadOnlyList<WorkloadSpec> Specs { get; }

    public ulong Seed { get; }

    public IReadOnlyList<Fault> Faults { get; }

    public Grid Grid { get; }

    public IReadOnlyList<SimulatedSeries> Series { get; }

    public static ClusterSnapshot Create(IReadOnlyList<WorkloadSpec> specs, ulong seed, IReadOnlyList<Fault> faults, Grid grid) =>
        new(specs, seed, faults, grid, new ClusterHistory(specs, new WorkloadModel(specs, seed, faults, grid.StepSeconds), grid));

    /// <summary>The same cluster with other events from an instant on.</summary>
    public ClusterSnapshot With(IReadOnlyList<Fault> faults, DateTimeOffset changedFrom) =>
        new(
            Specs,
            Seed,
            faults,
            Grid,
            _history.ChangedFrom(changedFrom.ToUnixTimeMilliseconds(), new WorkloadModel(Specs, Seed, faults, Grid.StepSeconds))
        );

    /// <summary>What a query at an instant can see: nothing of the future.</summary>
    public ISeriesSource Until(long nowMs) => new Source(this, nowMs);

    private static IReadOnlyList<SimulatedSeries> Catalogue(
        IReadOnlyList<WorkloadSpec> specs,
        ulong seed,
        IReadOnlyList<Fault> faults,
        Grid grid,
        ClusterHistory history
    )
    {
        var catalog = new SeriesCatalog(seed, Outages(faults, grid));
        var exporters = new PodExporters(catalog, history, grid, seed);
        List<Pod> pods = [];
        for (var w = 0; w < specs.Count; w++)
        {
            var index = w;
            var own = faults.Where(f => f.Concerns(specs[w])).ToList();
            var ofWorkload = PodTimeline.Pods(w, specs[w], seed, faults, grid).ToList();
            pods.AddRange(ofWorkload);
            foreach (var pod in ofWorkload)
                exporters.Add(pod, specs[w], own);
            DeploymentExporter.Add(catalog, specs[w], ofWorkload, step => PodTimeline.Replicas(specs[index], own, grid.TimeOf(step)));
        }
        catalog.For("kube-state-metrics", PodExporters.KubeStateInstance, 0, long.MaxValue).Gauge("up", "", 1);
        var workingSets = catalog.Series.Where(static s => s.Name == "container_memory_working_set_bytes").ToLookup(static s => s.Labels["node"]);
        var nodes = new NodeExporter(catalog, history, grid, seed);
        foreach (var onNode in pods.GroupBy(static p => p.Node).OrderBy(static g => g.Key, StringComparer.Ordinal))
        {
            SimulatedSeries[] sets = [.. workingSets[onNode.Key]];
            nodes.Add(
                onNode.Key,
                [.. onNode],
                step =>
                {
                    double bytes = 0;
                    foreach (var set in sets)
                        if (step >= set.From && step < set.To)
                            bytes += set.Value(step);
                    return bytes;
                }
            );
        }
        return catalog.Series;
    }

    private static Func<long, bool> Outages(IReadOnlyList<Fault> faults, Grid grid)
    {
        (long From, long To)[] outages = [.. faults.Where(static f => f.Kind == FaultKind.PrometheusRestart).Select(f => f.Steps(grid))];
        return step => Array.Exists(outages, o => step >= o.From && step < o.To);
    }

    private sealed class Source(ClusterSnapshot snapshot, long nowMs) : ISeriesSource
    {
        public IEnumerable<IRawSeries> Select(IReadOnlyList<Matcher> matchers)
        {
            var name = matchers.FirstOrDefault(static m => m is { Label: "__name__", Operator: "=" });
            var candidates = name is null ? snapshot.Series : snapshot._byName[name.Value];
            return candidates.Where(s => matchers.All(m => m.Matches(s.Labels))).Select(s => new View(s, snapshot.Grid, nowMs));
        }
    }

    private sealed class View(SimulatedSeries series, Grid grid, long nowMs) : IRawSeries
    {
        public Labels Labels => series.Labels;

        public (long TimestampMs, double Value)? Last(long fromMs, long toMs) => series.Last(grid, fromMs, Math.Min(toMs, nowMs));

        public void Read(long fromMs, long toMs, SampleWindow into) => series.Read(grid, fromMs, Math.Min(toMs, nowMs), into);
    }
}
