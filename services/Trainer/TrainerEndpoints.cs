using Dapr.Anomaly.Workflows.TrainModel;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Trainer;

internal static class TrainerEndpoints
{
    public static void MapTrainer(this IEndpointRouteBuilder routes) => routes.MapGet("/v1/training", LatestAsync);

    private static async Task<Results<Ok<TrainingV1>, NoContent>> LatestAsync(LatestTraining latest, CancellationToken cancellationToken) =>
        await latest.GetAsync(cancellationToken) is { } training ? TypedResults.Ok(training) : TypedResults.NoContent();
}
