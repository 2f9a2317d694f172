using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Workflow;

namespace Dapr.Anomaly.Trainer;

/// <summary>The newest TrainModel instance, whoever started it.</summary>
public sealed class LatestTraining(DaprWorkflowClient workflows)
{
    private const int PageSize = 200;

    public async Task<TrainingV1?> GetAsync(CancellationToken cancellationToken)
    {
        TrainingV1? latest = null;
        string? token = null;
        do
        {
            var page = await workflows.ListInstanceIdsAsync(token, PageSize, cancellationToken);
            foreach (var id in page.InstanceIds)
            {
                var state = await workflows.GetWorkflowStateAsync(id, getInputsAndOutputs: true, cancellationToken);
                if (state is { Exists: true, WorkflowName: TrainModelWorkflow.Name } && (latest is null || state.CreatedAt > latest.CreatedAt))
                    latest = Describe(id, state);
            }
            token = page.ContinuationToken;
        } while (!string.IsNullOrEmpty(token));
        return latest;
    }

    private static TrainingV1 Describe(string id, WorkflowState state) =>
        new(
            id,
            state.RuntimeStatus.ToString(),
            state.CreatedAt,
            state.ReadCustomStatusAs<TrainingProgress>() ?? TrainingProgress.NotStarted,
            state.FailureDetails?.ErrorMessage
        );
}

/// <summary>Answer of <c>GET /v1/training</c>.</summary>
public sealed record TrainingV1(string InstanceId, string Status, DateTimeOffset CreatedAt, TrainingProgress Progress, string? Failure);
