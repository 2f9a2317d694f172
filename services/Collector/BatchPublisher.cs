using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Client;

namespace Dapr.Anomaly.Collector;

/// <summary>
/// Publishes a table of samples: one batch for each shard, in parts where a shard has too many series for one message. A span of several
/// steps, after an outage, travels in one message as far as that is possible: brokers deliver messages side by side, and only the columns of
/// one message are sure to stay in order.
/// </summary>
internal sealed class BatchPublisher(Sharding sharding, DaprClient dapr, CollectorMetrics metrics, StageMeter stages)
{
    /// <summary>About 1 MiB with usual labels; sidecars take 4 MiB by default, and base64 adds a third.</summary>
    private const int MaxSeriesPerMessage = 10_000;

    /// <summary>About 1 MiB of values.</summary>
    private const int MaxValuesPerMessage = 250_000;

    private static readonly Dictionary<string, string> NoMetadata = [];

    /// <param name="firstPart">As <see cref="PartLanes"/> chooses it.</param>
    /// <returns>One more than the last part that was used.</returns>
    /// <exception cref="DaprException">The broker did not take a message; those before it are published.</exception>
    public async Task<int> PublishAsync(SampleTable samples, int firstPart, CancellationToken cancellationToken)
    {
        var shards = Enumerable
            .Range(0, samples.Series.Count)
            .GroupBy(row => sharding.ShardOf(samples.Series[row].Series.Id))
            .Select(g => (Shard: g.Key, Parts: g.Chunk(MaxSeriesPerMessage).ToArray()))
            .ToArray();
        foreach (var (shard, parts) in shards)
            for (var part = 0; part < parts.Length; part++)
                await PublishAsync(shard, firstPart + part, parts[part], samples, cancellationToken);
        return firstPart + shards.Select(s => s.Parts.Length).DefaultIfEmpty(0).Max();
    }

    private async Task PublishAsync(int shard, int part, int[] rows, SampleTable samples, CancellationToken cancellationToken)
    {
        var columns = Math.Max(1, MaxValuesPerMessage / rows.Length);
        for (var column = 0; column < samples.Columns; column += columns)
        {
            if (Encode(shard, part, samples, rows, column, Math.Min(columns, samples.Columns - column), out var count) is not { } bytes)
                continue;
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
    }

    private byte[]? Encode(int shard, int part, SampleTable samples, int[] rows, int column, int columns, out long count)
    {
        using var measured = stages.Measure(Stages.Encode, rows.Length * columns);
        var slice = samples.Slice(rows, column, columns);
        count = slice.SampleCount;
        return count == 0 ? null : new MetricBatch(shard, part, slice).ToBytes();
    }
}
