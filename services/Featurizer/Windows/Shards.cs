using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>The shards that this replica owns.</summary>
internal sealed class Shards(Sharding sharding, SeriesLimits limits)
{
    private readonly Dictionary<int, Shard> _owned = sharding.Owned.ToDictionary(n => n, n => new Shard(n, limits));

    public IReadOnlyCollection<Shard> Owned => _owned.Values;

    public IEnumerable<TrackedSeries> Series => _owned.Values.SelectMany(s => s.Series);

    public int Count => _owned.Values.Sum(s => s.Count);

    public long MemoryBytes => _owned.Values.Sum(s => s.MemoryBytes);

    /// <exception cref="MessageException">Another replica owns it, or it is not a shard at all.</exception>
    public Shard Owning(MetricBatch batch) =>
        _owned.GetValueOrDefault(batch.Shard)
        ?? throw new MessageException(
            $"shard {batch.Shard} is not owned by this replica (it owns {string.Join(", ", _owned.Keys)}); "
                + "do ANOMALY_SHARDS, ANOMALY_REPLICAS and ANOMALY_REPLICA agree everywhere?"
        );

    /// <summary>The owned shard of a series, or null when another replica owns it.</summary>
    public Shard? Of(SeriesId series) => _owned.GetValueOrDefault(sharding.ShardOf(series));
}
