using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Client;

namespace Dapr.Anomaly.Collector;

/// <summary>
/// Publishes a table of samples: one batch for each shard, in parts where a shard has too much for one message. A span of several steps, after an
/// outage, travels in one message as far as that is possible: brokers deliver messages side by side, and only the columns of one message are sure to
/// stay in order.
/// </summary>
internal sealed class BatchPublisher(Sharding sharding, DaprClient dapr, CollectorMetrics metrics, StageMeter stages, ILogger<BatchPublisher> logger)
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    /// <exception cref="DaprException">The broker did not take a message; those before it are published.</exception>
    public async Task PublishAsync(SampleTable samples, CancellationToken cancellationToken)
    {
        foreach (var shard in Enumerable.Range(0, samples.Series.Count).GroupBy(row => sharding.ShardOf(samples.Series[row].Series.Id)))
        {
            var (parts, tooLarge) = BatchParts.Of(samples, shard);
            if (tooLarge.Count > 0)
                Tell(tooLarge, samples);
            for (var part = 0; part < parts.Count; part++)
                await PublishAsync(shard.Key, part, parts[part], samples, cancellationToken);
        }
    }

    private async Task PublishAsync(int shard, int part, int[] rows, SampleTable samples, CancellationToken cancellationToken)
    {
        var columns = BatchParts.ColumnsOf(rows.Length);
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

    private void Tell(IReadOnlyList<int> rows, SampleTable samples)
    {
        metrics.Unpublished.Inc(rows.Count * (double)samples.Columns);
        var labels = samples.Series[rows[0]].Series.ToString();
        logger.LogWarning(
            "{Count} series have labels that are too long for a message of {MaxBytes} bytes and are not published; the first is {Series}…",
            rows.Count,
            BatchParts.MaxMessageBytes,
            labels[..Math.Min(labels.Length, 200)]
        );
    }
}
