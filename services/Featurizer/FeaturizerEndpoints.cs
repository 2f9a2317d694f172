using Dapr.Anomaly.Featurizer.Path;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Featurizer;

/// <summary>Takes the batches of the owned shards, and shows what is known of their series.</summary>
internal static class FeaturizerEndpoints
{
    public static void MapFeaturizer(this IEndpointRouteBuilder routes, Sharding sharding)
    {
        var stages = routes.ServiceProvider.GetRequiredService<StageMeter>();
        foreach (var shard in sharding.Owned)
            routes.MapTopic(
                $"/metric-batches/{shard}",
                Topics.MetricBatches(shard),
                (contentType, content) => Decode(contentType, content, stages),
                (services, batch, cancellationToken) => services.GetRequiredService<SamplePath>().RunAsync(batch, cancellationToken)
            );
        routes.MapGet("/v1/summary", Summary);
        routes.MapSeries();
        routes.MapScores();
    }

    private static MetricBatch Decode(string? contentType, ReadOnlyMemory<byte> content, StageMeter stages) =>
        stages.Measure(
            Stages.Decode,
            () => IsBinary(contentType) ? MetricBatch.FromBytes(content.Span) : MetricBatch.FromJson(content.Span),
            batch => batch.Samples.Series.Count * batch.Samples.Columns
        );

    private static bool IsBinary(string? contentType) =>
        contentType?.StartsWith(MetricBatch.BinaryMediaType, StringComparison.OrdinalIgnoreCase) == true;

    private static Ok<SummaryV1> Summary(Shards shards, FeaturizerMetrics metrics, Readiness readiness, TimeProvider time)
    {
        var now = time.GetUtcNow();
        TrackedSeries[] series = [.. shards.Series];
        return TypedResults.Ok(
            new SummaryV1(
                series.Length,
                series.Count(s => s.LastScore is not null),
                series.Max(s => s.LastScore?.Timestamp),
                metrics.SampleToScoreP99 * 1000,
                readiness.IsReady,
                series.CountBy(s => StateNames.Of(SeriesStates.Of(s, now).State)).OrderBy(g => g.Key).ToDictionary()
            )
        );
    }
}
