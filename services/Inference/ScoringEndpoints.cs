using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Microsoft.AspNetCore.Http.HttpResults;
using Prometheus;

namespace Dapr.Anomaly.Inference;

/// <summary>Scores over HTTP, called by Dapr service invocation.</summary>
public static class ScoringEndpoints
{
    private const int LargestBatch = 10_000;

    public static void MapScoring(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/score", Score);
        routes.MapPost("/v1/score/batch", ScoreBatch);
        routes.MapGet("/v1/model", Model);
        routes.MapChampion<EnsembleScorer>();
    }

    private static Results<Ok<ScoreResponseV1>, ProblemHttpResult> Score(
        ScoreRowV1 row,
        ChampionWatcher<EnsembleScorer> champion,
        InferenceMetrics metrics
    ) => ScoreBatch(new ScoreRequestV1([row]), champion, metrics);

    private static Results<Ok<ScoreResponseV1>, ProblemHttpResult> ScoreBatch(
        ScoreRequestV1 request,
        ChampionWatcher<EnsembleScorer> champion,
        InferenceMetrics metrics
    )
    {
        if (request.Rows.Count > LargestBatch)
            return Bad($"rows: {request.Rows.Count} in one batch; send at most {LargestBatch}");
        if (champion.Current is not { } model)
            return TypedResults.Ok(new ScoreResponseV1(null, []));

        List<ScoreRow> rows = new(request.Rows.Count);
        foreach (var row in request.Rows)
        {
            if (Convert(row) is not { } converted)
                return Bad(Describe(row));
            rows.Add(converted);
        }
        using var timer = metrics.Duration.NewTimer();
        var scores = model.Model.Score(rows);
        for (var i = 0; i < rows.Count; i++)
        {
            var kind = rows[i].Kind.ToString().ToLowerInvariant();
            metrics.Predictions.WithLabels(kind).Inc();
            if (scores[i].AnomalyScore > 1)
                metrics.Anomalies.WithLabels(kind).Inc();
        }
        return TypedResults.Ok(new ScoreResponseV1(model.Version, [.. scores.Select(ToMessage)]));

        ProblemHttpResult Bad(string detail)
        {
            metrics.Failures.WithLabels("request").Inc();
            return TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest);
        }
    }

    /// <summary>What is served, and the order in which it expects features.</summary>
    private static Ok<ModelV1> Model(ChampionWatcher<EnsembleScorer> champion) =>
        TypedResults.Ok(
            new ModelV1(
                champion.Current?.Version,
                champion.Current?.Sha256,
                champion.Current?.LoadedAt,
                FeatureSchema.Current.Hash,
                FeatureSchema.Current.Names
            )
        );

    private static ScoreRow? Convert(ScoreRowV1 row) =>
        row.Features.Length == FeatureSchema.Current.Count * sizeof(float)
        && row.Recent.Length % sizeof(float) == 0
        && ulong.TryParse(row.Id, System.Globalization.NumberStyles.HexNumber, null, out var id)
            ? new ScoreRow(
                new SeriesId(id),
                row.Kind,
                row.Timestamp,
                row.Value,
                Vectors.Unpack(row.Features, "features"),
                row.MissingFraction,
                Vectors.Unpack(row.Recent, "recent")
            )
            : null;

    private static string Describe(ScoreRowV1 row) =>
        $"series {row.Id}: the id must be 16 hexadecimal digits, features {FeatureSchema.Current.Count} float32 values (seen {row.Features.Length} bytes), recent float32 values (seen {row.Recent.Length} bytes)";

    private static SeriesScoreV1 ToMessage(SeriesScore score) =>
        new(
            score.Id.ToString(),
            score.Timestamp,
            score.Value,
            score.AnomalyScore,
            Finite(score.Expected),
            Finite(score.Lower),
            Finite(score.Upper),
            score.State,
            score.Reason,
            [.. score.Votes.Where(v => v.State == SeriesState.Ok).Select(v => new VoteV1(v.Member, v.AnomalyScore))],
            [.. score.Why.Select(w => new ContributionV1(w.Feature, w.SharePercent / 100))]
        );

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>Answer of <c>GET /v1/model</c>.</summary>
public sealed record ModelV1(string? Version, string? Sha256, DateTimeOffset? LoadedAt, string FeatureSchemaHash, IReadOnlyList<string> Features);
