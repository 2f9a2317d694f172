using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Client;

namespace Dapr.Anomaly.Collector;

/// <summary>Publishes a table of samples: one batch for each shard and column, in parts where a shard is too large for one message.</summary>
public sealed class BatchPublisher(Sharding sharding, DaprClient dapr, CollectorMetrics metrics, StageMeter stages)
{
    /// <summary>About 1 MiB with usual labels; sidecars take 4 MiB by default, and base64 adds a third.</summary>
    private const int MaxSeriesPerMessage = 10_000;

    private static readonly Dictionary<string, string> NoMetadata = [];

    /// <exception cref="DaprException">The broker did not take a message; those before it are published.</exception>
    public async Task PublishAsync(SampleTable samples, CancellationToken cancellationToken)
    {
        var shards = Enumerable
            .Range(0, samples.Series.Count)
            .GroupBy(row => sharding.ShardOf(samples.Series[row].Series.Id))
            .Select(g => (Shard: g.Key, Parts: g.Chunk(MaxSeriesPerMessage).ToArray()))
            .ToArray();
        // Column by column over all shards, so that time goes forward everywhere.
        for (var column = 0; column < samples.Columns; column++)
            foreach (var (shard, parts) in shards)
                for (var part = 0; part < parts.Length; part++)
                    await PublishAsync(shard, part, parts[part], samples, column, cancellationToken);
    }

    private async Task PublishAsync(int shard, int part, int[] rows, SampleTable samples, int column, CancellationToken cancellationToken)
    {
        if (Encode(shard, part, samples, rows, column, out var count) is not { } bytes)
            return;
        await dapr.PublishByteEventAsync(
            Topics.PubSub,
            Topics.MetricBatches(shard),
            bytes,
            MetricBatch.BinaryMediaType,
            NoMetadata,
            cancellationToken
        );
        metrics.Samples.Inc(count);
    }

    private byte[]? Encode(int shard, int part, SampleTable samples, int[] rows, int column, out int count)
    {
        using var measured = stages.Measure(Stages.Encode, rows.Length);
        var slice = samples.Slice(rows, column, columns: 1);
        count = slice.Series.Count;
        return count == 0 ? null : new MetricBatch(shard, part, slice).ToBytes();
    }
}
