using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Inference.Samples;

/// <summary><c>POST /v1/score</c>: scores what any caller has, series with samples. Nothing is remembered.</summary>
internal static class SampleScoringEndpoint
{
    public static void MapSampleScoring(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/score", ScoreAsync);

    private static async Task<Results<Ok<ScoreAnswerV1>, ProblemHttpResult>> ScoreAsync(
        HttpRequest request,
        ChampionWatcher<EnsembleScorer> champion,
        SampleScoring scoring,
        RowScoring rows,
        CancellationToken cancellationToken
    )
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        IReadOnlyList<ScoreQuestion> questions;
        try
        {
            questions = ScoreBody.Read(body.GetBuffer().AsMemory(0, (int)body.Length));
        }
        catch (MessageException e)
        {
            return Bad(e.Message);
        }
        using var lease = champion.Lease();
        return TypedResults.Ok(new ScoreAnswerV1(lease?.Version, [.. questions.Select(q => scoring.Score(lease?.Model, q))]));

        ProblemHttpResult Bad(string detail)
        {
            rows.Refused();
            return TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest);
        }
    }
}
