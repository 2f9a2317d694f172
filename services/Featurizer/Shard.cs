using System.Collections.Concurrent;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer;

/// <summary>The series of one shard. Whoever holds the gate is its only user, so that windows see samples in order.</summary>
public sealed class Shard(int number)
{
    /// <summary>Written under the gate, read by pages at any time.</summary>
    private readonly ConcurrentDictionary<SeriesId, TrackedSeries> _series = [];

    public int Number { get; } = number;

    public SemaphoreSlim Gate { get; } = new(1, 1);

    public TimeSpan Step { get; set; } = TimeSpan.FromSeconds(15);

    public IReadOnlyCollection<TrackedSeries> Series => [.. _series.Values];

    public TrackedSeries Track(SeriesV1 message)
    {
        var id = SeriesId.Parse(message.Id);
        return _series.TryGetValue(id, out var known) ? known : Add(message.ToIdentity(), new SeriesWindow(Step));
    }

    public TrackedSeries? Find(SeriesId id) => _series.GetValueOrDefault(id);

    public TrackedSeries Add(SeriesIdentity series, SeriesWindow window) => _series[series.Id] = new TrackedSeries(series, window);
}

/// <summary>The shards that this replica owns.</summary>
public sealed class Shards(Platform.Hosting.Sharding sharding)
{
    private readonly Dictionary<int, Shard> _owned = sharding.Owned.ToDictionary(n => n, n => new Shard(n));

    public IReadOnlyCollection<Shard> Owned => _owned.Values;

    public Shard? Find(int number) => _owned.GetValueOrDefault(number);

    public Shard? Of(SeriesId series) => Find(sharding.ShardOf(series));
}
