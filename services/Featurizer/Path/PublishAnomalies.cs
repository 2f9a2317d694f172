using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;

namespace Dapr.Anomaly.Featurizer.Path;

/// <summary>
/// Scores that matter go to the incident tracker: those at or above the report threshold, and for a while after the scores of the same series.
/// </summary>
internal sealed class PublishAnomalies(IAnomalyTopic topic, StageMeter stages)
{
    private static readonly TimeSpan ReportedFor = TimeSpan.FromMinutes(15);

    /// <exception cref="DaprException">The broker did not take the batch.</exception>
    public async Task RunAsync(
        BatchSource source,
        DateTimeOffset at,
        string modelVersion,
        IReadOnlyList<FreshSample> fresh,
        CancellationToken cancellationToken
    )
    {
        // Empty batches are published, too: their timestamps drive resolution.
        var batch = new AnomalyBatchV1(source.Shard, source.Part, at, modelVersion, Reported(fresh, at));
        await topic.PublishAsync(batch, cancellationToken);
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
