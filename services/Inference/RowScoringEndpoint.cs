using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Platform.Telemetry;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Inference;

/// <summary><c>POST /v1/score/rows</c>: scores feature rows in their binary form, for the featurizer.</summary>
internal static class RowScoringEndpoint
{
    public static void MapRowScoring(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/score/rows", ScoreAsync);

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> ScoreAsync(
        HttpRequest request,
        ChampionWatcher<EnsembleScorer> champion,
        RowScoring scoring,
        StageMeter stages,
        CancellationToken cancellationToken
    )
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        IReadOnlyList<ScoreRow> rows;
        try
        {
            rows = stages.Measure(Stages.Decode, () => RowsWire.FromBytes(body.GetBuffer().AsSpan(0, (int)body.Length)), decoded => decoded.Count);
        }
        catch (MessageException e)
        {
            return Bad(e.Message);
        }
        using var lease = champion.Lease();
        if (lease is null)
            return TypedResults.Bytes(RowScoresWire.ToBytes(null, []), MetricBatch.BinaryMediaType);
        var scores = scoring.Score(lease.Model, rows);
        using var measured = stages.Measure(Stages.Encode, rows.Count);
        return TypedResults.Bytes(RowScoresWire.ToBytes(lease.Version, scores), MetricBatch.BinaryMediaType);

        ProblemHttpResult Bad(string detail)
        {
            scoring.Refused();
            return TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest);
        }
    }
}
