using Dapr.DurableTask.Protobuf;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace EmbeddedDapr.Tests.Workflows.Engine;

/// <summary>
/// A deterministic worker for one instance without I/O: it schedules batches of activities, timers and children, and completes when all
/// are answered. What it answers depends on the history alone, as with a real worker.
/// </summary>
internal sealed class SimulatedWorkflow(int batches, int width)
{
    public WorkflowResponse Answer(string id, IReadOnlyList<HistoryEvent> history)
    {
        var answer = new WorkflowResponse { InstanceId = id };
        var made = history
            .Where(one => one.EventTypeCase is Kind.TaskScheduled or Kind.TimerCreated or Kind.ChildWorkflowInstanceCreated)
            .Select(one => one.EventId)
            .ToHashSet();
        var resolved = history.Select(ResolvedId).Where(one => one is not null).Select(one => one!.Value).ToHashSet();
        for (var batch = 0; batch < batches; batch++)
        {
            var ids = Enumerable.Range(batch * width, width).ToList();
            foreach (var missing in ids.Where(one => !made.Contains(one)))
                answer.Actions.Add(Work(missing));
            if (!ids.TrueForAll(resolved.Contains))
                return answer;
        }
        answer.Actions.Add(
            new WorkflowAction
            {
                CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = OrchestrationStatus.Completed, Result = "done" },
            }
        );
        return answer;
    }

    public static int? ResolvedId(HistoryEvent one) =>
        one.EventTypeCase switch
        {
            Kind.TaskCompleted => one.TaskCompleted.TaskScheduledId,
            Kind.TaskFailed => one.TaskFailed.TaskScheduledId,
            Kind.TimerFired => one.TimerFired.TimerId,
            Kind.ChildWorkflowInstanceCompleted => one.ChildWorkflowInstanceCompleted.TaskScheduledId,
            Kind.ChildWorkflowInstanceFailed => one.ChildWorkflowInstanceFailed.TaskScheduledId,
            _ => null,
        };

    private static WorkflowAction Work(int id) =>
        (id % 5) switch
        {
            3 => new WorkflowAction { Id = id, CreateTimer = new CreateTimerAction() },
            4 => new WorkflowAction
            {
                Id = id,
                CreateChildWorkflow = new CreateChildWorkflowAction { Name = "child" },
            },
            _ => new WorkflowAction
            {
                Id = id,
                ScheduleTask = new ScheduleTaskAction { Name = "task" },
            },
        };
}
