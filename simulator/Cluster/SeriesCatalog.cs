using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>Collects the series of one exporter: labels common to a target first, then one line for each metric.</summary>
internal sealed class SeriesCatalog(ulong seed, Func<long, bool> isOut)
{
    private readonly List<SimulatedSeries> _series = [];

    private Func<long, bool> IsOut { get; } = isOut;

    public IReadOnlyList<SimulatedSeries> Series => _series;

    /// <summary>A target (job and instance) whose series exist from one step to another.</summary>
    public Target For(string job, string instance, long from, long to) =>
        new(this, job, instance, from, to, HashNoise.Seed(seed, job + instance), null);

    internal sealed class Target(SeriesCatalog catalog, string job, string instance, long from, long to, ulong identity, Func<long, bool>? isLost)
    {
        public void Gauge(string name, string labels, Func<long, double> value) => Add(name, labels, false, value);

        public void Gauge(string name, string labels, double value) => Add(name, labels, false, _ => value);

        public void Counter(string name, string labels, Func<long, double> value) => Add(name, labels, true, value);

        /// <summary>The same target, for objects of another life time.</summary>
        public Target During(long begin, long end) => new(catalog, job, instance, Math.Max(from, begin), Math.Min(to, end), identity, isLost);

        /// <summary>The same target, whose scrapes fail where the predicate holds.</summary>
        public Target Without(Func<long, bool> lost) => new(catalog, job, instance, from, to, identity, lost);

        // Labels are written a=b,c=d: no value of ours holds a comma or an equals sign.
        private void Add(string name, string labels, bool isCounter, Func<long, double> value)
        {
            List<KeyValuePair<string, string>> all = [new("__name__", name), new("job", job), new("instance", instance)];
            foreach (var pair in labels.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                var equals = pair.IndexOf('=', StringComparison.Ordinal);
                all.Add(new(pair[..equals], pair[(equals + 1)..]));
            }
            catalog._series.Add(new(new Labels(all), isCounter, from, to, identity, isLost, catalog.IsOut, value));
        }
    }
}
