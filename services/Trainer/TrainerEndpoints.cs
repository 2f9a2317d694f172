using System.Globalization;
using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Workflow;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dapr.Anomaly.Trainer;

public static class TrainerEndpoints
{
    public static void MapTrainer(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/training", LatestAsync);
        routes.MapPost("/retrain", RetrainAsync);
    }

    private static async Task<Results<Ok<TrainingV1>, NoContent>> LatestAsync(LatestTraining latest, CancellationToken cancellationToken) =>
        await latest.GetAsync(cancellationToken) is { } training ? TypedResults.Ok(training) : TypedResults.NoContent();

    /// <summary>Called by the cron binding. Ticks of one day share an instance id, so several sidecars start one training.</summary>
    private static async Task<Ok> RetrainAsync(DaprWorkflowClient workflows, TimeProvider time, ILogger<LatestTraining> logger)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"train-{time.GetUtcNow():yyyyMMdd}-scheduled");
        if (await workflows.GetWorkflowStateAsync(id, getInputsAndOutputs: false) is { Exists: false })
        {
            await workflows.ScheduleNewWorkflowAsync(TrainModelWorkflow.Name, id, new TrainModelInput(Trigger: "schedule"));
            logger.LogInformation("scheduled training {Instance} began", id);
        }
        return TypedResults.Ok();
    }
}
