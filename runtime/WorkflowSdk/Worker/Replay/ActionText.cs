using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Worker.Replay;

/// <summary>Actions and the events made from them in words, and whether the two are the same step.</summary>
internal static class ActionText
{
    public static string Of(WorkflowAction action) =>
        action.WorkflowActionTypeCase switch
        {
            WorkflowAction.WorkflowActionTypeOneofCase.ScheduleTask => $"activity '{action.ScheduleTask.Name}'",
            WorkflowAction.WorkflowActionTypeOneofCase.CreateChildWorkflow => $"child workflow '{action.CreateChildWorkflow.Name}'",
            WorkflowAction.WorkflowActionTypeOneofCase.CreateTimer => $"{Origin(Origin(action.CreateTimer))}timer",
            WorkflowAction.WorkflowActionTypeOneofCase.SendEvent => $"event '{action.SendEvent.Name}' to '{action.SendEvent.Instance?.InstanceId}'",
            WorkflowAction.WorkflowActionTypeOneofCase.CompleteWorkflow => "the end of the workflow",
            _ => action.WorkflowActionTypeCase.ToString(),
        };

    public static string Of(HistoryEvent recorded) =>
        recorded.EventTypeCase switch
        {
            HistoryEvent.EventTypeOneofCase.TaskScheduled => $"activity '{recorded.TaskScheduled.Name}'",
            HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCreated => $"child workflow '{recorded.ChildWorkflowInstanceCreated.Name}'",
            HistoryEvent.EventTypeOneofCase.TimerCreated => $"{Origin(recorded.TimerCreated.OriginCase.ToString())}timer",
            HistoryEvent.EventTypeOneofCase.EventSent => $"event '{recorded.EventSent.Name}' to '{recorded.EventSent.InstanceId}'",
            _ => recorded.EventTypeCase.ToString(),
        };

    /// <summary>
    /// The same kind and the same name. Inputs and times may differ: they often depend on configuration, and history's count anyway.
    /// </summary>
    public static bool IsSameStep(WorkflowAction action, HistoryEvent recorded) =>
        recorded.EventTypeCase switch
        {
            HistoryEvent.EventTypeOneofCase.TaskScheduled => action.ScheduleTask is { } task && SameName(task.Name, recorded.TaskScheduled.Name),
            HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCreated => action.CreateChildWorkflow is { } child
                && SameName(child.Name, recorded.ChildWorkflowInstanceCreated.Name),
            HistoryEvent.EventTypeOneofCase.TimerCreated => action.CreateTimer is { } timer && SameOrigin(timer, recorded.TimerCreated),
            HistoryEvent.EventTypeOneofCase.EventSent => action.SendEvent is { } sent
                && SameName(sent.Name, recorded.EventSent.Name)
                && sent.Instance?.InstanceId == recorded.EventSent.InstanceId,
            _ => false,
        };

    private static bool SameName(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    /// <summary>A recorded timer without an origin, as older workers make them, fits every timer.</summary>
    private static bool SameOrigin(CreateTimerAction action, TimerCreatedEvent recorded) =>
        recorded.OriginCase == TimerCreatedEvent.OriginOneofCase.None || Origin(action) == recorded.OriginCase.ToString();

    private static string Origin(CreateTimerAction timer) => timer.OriginCase.ToString();

    private static string Origin(string origin) =>
        origin switch
        {
            nameof(CreateTimerAction.OriginOneofCase.ExternalEvent) => "event ",
            nameof(CreateTimerAction.OriginOneofCase.ActivityRetry) => "activity retry ",
            nameof(CreateTimerAction.OriginOneofCase.ChildWorkflowRetry) => "child workflow retry ",
            _ => "",
        };
}
