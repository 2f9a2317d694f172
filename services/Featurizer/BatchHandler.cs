using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Client;

namespace Dapr.Anomaly.Featurizer;

/// <summary>
/// One batch of samples: append to the windows, extract features, have them scored, publish what matters. A batch that comes again changes nothing,
/// unless its scoring failed before: then it is scored now.
/// </summary>
public sealed class BatchHandler(
    Shards shards,
    Readiness readiness,
    InferenceClient inference,
    QueryRules rules,
    DaprClient dapr,
    FeaturizerMetrics metrics,
    TimeProvider time
)
{
    /// <summary>From here on a score is told to the incident tracker.</summary>
    private const double OfInterest = 0.7;

    private static readonly TimeSpan InterestLasts = TimeSpan.FromMinutes(15);

    public async Task HandleAsync(MetricBatchV1 batch, CancellationToken cancellationToken)
    {
        var shard = shards.Find(batch.Shard) ?? throw new WrongShardException(batch.Shard, shards.Owned.Select(s => s.Number));
        await readiness.WaitAsync(cancellationToken);
        await shard.Gate.WaitAsync(cancellationToken);
        try
        {
            var scored = await ScoreAsync(shard, Append(shard, batch), cancellationToken);
            if (scored is null)
                return;
            await PublishAsync(shard, batch.Timestamp, scored, cancellationToken);
        }
        finally
        {
            shard.Gate.Release();
        }
    }

    private static List<ScoreRowV1> Append(Shard shard, MetricBatchV1 batch)
    {
        shard.Step = TimeSpan.FromSeconds(batch.StepSeconds);
        List<ScoreRowV1> rows = new(batch.Samples.Count);
        foreach (var sample in batch.Samples)
        {
            if (sample.Value is not { } value)
                continue;
            var series = shard.Track(sample.Series);
            var result = series.Window.Append(new Sample(batch.Timestamp, value));
            var unscored =
                result == AppendResult.Duplicate
                && series.Window.Latest?.Timestamp == batch.Timestamp
                && (series.LastScore is null || series.LastScore.Timestamp < batch.Timestamp);
            if (result is AppendResult.Appended or AppendResult.GapReset || unscored)
                rows.Add(RowBuilder.Build(series, batch.Timestamp, value));
        }
        return rows;
    }

    /// <returns>The model's version, or null when there is nothing to publish.</returns>
    private async Task<ScoreResponseV1?> ScoreAsync(Shard shard, List<ScoreRowV1> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
            return null;
        ScoreResponseV1 response;
        try
        {
            response = await inference.ScoreAsync(rows, cancellationToken);
        }
        catch (HttpRequestException)
        {
            metrics.Failures.WithLabels("unreachable").Inc();
            throw;
        }
        if (response.ModelVersion is null)
            return null;
        var queries = await rules.GetAsync(cancellationToken);
        foreach (var score in response.Scores)
            if (shard.Find(SeriesId.Parse(score.Id)) is { } series)
            {
                series.LastScore = DetectionRule.Apply(queries.GetValueOrDefault(series.Series.Name), score);
                if (series.LastScore.AnomalyScore >= OfInterest)
                    series.LastOfInterest = score.Timestamp;
            }
        metrics.Scored(time.GetUtcNow() - rows[0].Timestamp, rows.Count);
        return response;
    }

    private async Task PublishAsync(Shard shard, DateTimeOffset at, ScoreResponseV1 response, CancellationToken cancellationToken)
    {
        AnomalyV1[] anomalies =
        [
            .. response
                .Scores.Select(score => shard.Find(SeriesId.Parse(score.Id)))
                .OfType<TrackedSeries>()
                .Where(series => at - series.LastOfInterest <= InterestLasts)
                .Select(series => new AnomalyV1(series.Message, series.LastScore!)),
        ];
        // An empty batch is news, too: it is how incidents learn that time went on.
        await dapr.PublishEventAsync(
            Topics.PubSub,
            Topics.Anomalies,
            new AnomalyBatchV1(shard.Number, at, response.ModelVersion, anomalies),
            cancellationToken
        );
    }
}

/// <summary>A batch of a shard that another replica owns; it will never fit here.</summary>
public sealed class WrongShardException(int shard, IEnumerable<int> owned)
    : Exception(
        $"shard {shard} is not owned by this replica (it owns {string.Join(", ", owned)}); do ANOMALY_SHARDS, ANOMALY_REPLICAS and ANOMALY_REPLICA agree everywhere?"
    );
