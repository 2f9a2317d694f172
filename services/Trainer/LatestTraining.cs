using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Workflow;

namespace Dapr.Anomaly.Trainer;

/// <summary>The newest TrainModel instance, whoever started it: two reads, however many trainings there were.</summary>
internal sealed class LatestTraining(TrainingLog log, DaprWorkflowClient workflows)
{
    public async Task<TrainingV1?> GetAsync(CancellationToken cancellationToken)
    {
        if ((await log.ReadAsync(cancellationToken)).Latest is not { } id)
            return null;
        WorkflowState? state = await workflows.GetWorkflowStateAsync(id, getInputsAndOutputs: true, cancellationToken);
        return state is { Exists: true } ? Describe(id, state) : null;
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
