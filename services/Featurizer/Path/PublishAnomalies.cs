using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;

namespace Dapr.Anomaly.Featurizer.Path;

/// <summary>
/// Scores that matter go to the incident tracker: those at or above the report threshold, and for a while after the scores of the same series. The
/// columns of one collection travel together, as far as a message holds them.
/// </summary>
internal sealed class PublishAnomalies(IAnomalyTopic topic, StageMeter stages)
{
    private static readonly TimeSpan ReportedFor = TimeSpan.FromMinutes(15);

    /// <summary>Adds a column to what is to be published.</summary>
    public void Add(Shard shard, BatchSource source, DateTimeOffset at, string modelVersion, IReadOnlyList<FreshSample> fresh) =>
        // Empty batches are published, too: their timestamps drive resolution.
        shard.Unpublished.Add(new AnomalyBatchV1(source.Shard, source.Part, at, modelVersion, Reported(fresh, at)));

    /// <summary>Publishes what waits, oldest first. What the broker took is not published again, what it did not take is kept.</summary>
    /// <exception cref="DaprException">The broker did not take a message.</exception>
    public async Task RunAsync(Shard shard, CancellationToken cancellationToken)
    {
        while (shard.Unpublished.Count > 0)
        {
            var (messages, columns) = AnomalyMessages.First(shard.Unpublished);
            foreach (var message in messages)
                await topic.PublishAsync(message, cancellationToken);
            shard.Unpublished.RemoveRange(0, columns);
        }
    }

    private AnomalyV1[] Reported(IReadOnlyList<FreshSample> fresh, DateTimeOffset at)
    {
        using var measured = stages.Measure(Stages.Publish, fresh.Count);
        return
        [
            .. fresh
                .Select(f => f.Series)
                .Where(s => s.LastScore is { } score && score.Timestamp == at && at - s.LastReported <= ReportedFor)
                .Select(s => new AnomalyV1(s.Series, s.LastScore!)),
        ];
    }
}
