using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Workflow;
using Grpc.Core;

namespace Dapr.Anomaly.Trainer;

/// <summary>
/// Starts the trainings of the schedulers that are due: at most one at a time, and none while another training runs. Instance ids follow from what
/// is stored,
/// so that replicas which look at the same moment start one training.
/// </summary>
internal sealed class Retrainer(
    SchedulersConfiguration schedulers,
    DaprWorkflowClient workflows,
    TrainingLog log,
    IModelRegistry registry,
    TimeProvider time,
    ILogger<Retrainer> logger
)
{
    private readonly DateTimeOffset _started = time.GetUtcNow();

    /// <returns>The training that was started, if any.</returns>
    public async Task<string?> StartDueAsync(CancellationToken cancellationToken)
    {
        var state = await log.ReadAsync(cancellationToken);
        if (await RunsAsync(state.Latest, cancellationToken))
            return null;
        var completed = state.Completed ?? (await ChampionAsync(cancellationToken))?.CreatedAt;
        List<(string Name, SchedulerConfiguration Scheduler, Retraining Next)> due = [];
        foreach (var (name, scheduler) in schedulers.ByName)
        {
            var own = state.Of(name);
            if (own.Completed is null && completed is { } others)
            {
                // Kept, for the last training of others moves on: a weekly scheduler beside a daily one would never have its turn.
                await log.AdoptAsync(name, others, cancellationToken);
                own = own with { Completed = others };
            }
            var attempt = own.Attempt is { } id ? Attempt.From(await StateAsync(id, cancellationToken)) : null;
            var next = RetrainRule.Next(name, scheduler, own, _started, attempt);
            if (next.InstanceId is not null && next.DueAt <= time.GetUtcNow())
                due.Add((name, scheduler, next));
        }
        // The one that has waited longest: one that is due more often must not keep the others from their turn.
        foreach (var (name, scheduler, next) in due.OrderBy(d => d.Next.DueAt).Take(1))
            return await StartAsync(next.InstanceId!, name, scheduler, cancellationToken) ? next.InstanceId : null;
        return null;
    }

    /// <returns>False where another replica was first, or the id was used before; what became of it decides when it is looked at next.</returns>
    private async Task<bool> StartAsync(string id, string name, SchedulerConfiguration scheduler, CancellationToken cancellationToken)
    {
        var isNew =
            await StateAsync(id, cancellationToken) is null or { Exists: false } && await ScheduleAsync(id, name, scheduler, cancellationToken);
        await log.AttemptedAsync(name, id, cancellationToken);
        if (isNew)
            logger.LogInformation("scheduler {Scheduler}: training {Instance} began", name, id);
        return isNew;
    }

    /// <returns>False where another replica scheduled it since it was looked for.</returns>
    private async Task<bool> ScheduleAsync(string id, string name, SchedulerConfiguration scheduler, CancellationToken cancellationToken)
    {
        try
        {
            await workflows.ScheduleNewWorkflowAsync(
                TrainModelWorkflow.Name,
                id,
                RetrainRule.Input(name, scheduler),
                startTime: (DateTimeOffset?)null,
                cancellationToken
            );
            return true;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.AlreadyExists)
        {
            return false;
        }
    }

    private async Task<bool> RunsAsync(string? id, CancellationToken cancellationToken) =>
        id is not null
        && await StateAsync(id, cancellationToken) is { Exists: true, RuntimeStatus: WorkflowRuntimeStatus.Running or WorkflowRuntimeStatus.Pending };

    private Task<ModelVersion?> ChampionAsync(CancellationToken cancellationToken) =>
        registry.FindByAliasAsync(ModelAliases.Model, ModelAliases.Champion, cancellationToken);

    private async Task<WorkflowState?> StateAsync(string id, CancellationToken cancellationToken) =>
        await workflows.GetWorkflowStateAsync(id, getInputsAndOutputs: false, cancellationToken);
}
