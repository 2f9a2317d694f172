using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Featurizer;

public static class FeaturizerEndpoints
{
    public static void MapFeaturizer(this IEndpointRouteBuilder routes, Sharding sharding)
    {
        foreach (var shard in sharding.Owned)
            routes
                .MapPost($"/metric-batches/{shard}", HandleAsync)
                .WithTopic(
                    new TopicOptions
                    {
                        PubsubName = Topics.PubSub,
                        Name = Topics.MetricBatches(shard),
                        DeadLetterTopic = Topics.DeadLetters,
                    }
                );
        routes.MapGet("/v1/summary", Summary);
        routes.MapGet("/v1/series", Series);
        routes.MapGet(
            "/scores",
            (Shards shards) => TypedResults.Text(ScoreExposition.Write(All(shards)), "text/plain; version=0.0.4; charset=utf-8")
        );
    }

    private static async Task<Ok> HandleAsync(MetricBatchV1 batch, BatchHandler handler, CancellationToken cancellationToken)
    {
        await handler.HandleAsync(batch, cancellationToken);
        return TypedResults.Ok();
    }

    private static Ok<SummaryV1> Summary(Shards shards, FeaturizerMetrics metrics, Readiness readiness)
    {
        var series = All(shards).ToList();
        return TypedResults.Ok(
            new SummaryV1(
                series.Count,
                series.Count(s => s.LastScore is not null),
                series.Max(s => s.LastScore?.Timestamp),
                metrics.SampleToScoreP99 * 1000,
                readiness.IsReady,
                series.GroupBy(s => StateNames.Of(SeriesStates.Of(s).State)).OrderBy(g => g.Key).ToDictionary(g => g.Key, g => g.Count())
            )
        );
    }

    /// <summary>Every series with its state, the reason for it, and its latest score.</summary>
    private static Ok<List<SeriesStatusV1>> Series(Shards shards) =>
        TypedResults.Ok(
            All(shards)
                .OrderByDescending(s => s.LastScore?.AnomalyScore ?? 0)
                .Select(s => new SeriesStatusV1(s.Message, SeriesStates.Of(s).State, SeriesStates.Of(s).Reason, s.LastScore))
                .ToList()
        );

    private static IEnumerable<TrackedSeries> All(Shards shards) => shards.Owned.SelectMany(s => s.Series.ToArray());
}

/// <summary>Answer of <c>GET /v1/summary</c>.</summary>
/// <param name="States">Series by state.</param>
public sealed record SummaryV1(
    int Series,
    int Scored,
    DateTimeOffset? LastScored,
    double? SampleToScoreP99Ms,
    bool Ready,
    IReadOnlyDictionary<string, int> States
);

public sealed record SeriesStatusV1(SeriesV1 Series, SeriesState State, string Reason, SeriesScoreV1? Score);
