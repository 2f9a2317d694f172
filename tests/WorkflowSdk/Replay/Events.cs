using Dapr.DurableTask.Protobuf;

namespace WorkflowSdk.Tests.Replay;

/// <summary>Events as an engine makes them.</summary>
internal static class Events
{
    public static HistoryEvent Completed(int taskId, string? result = null, string taskExecutionId = "") =>
        new()
        {
            EventId = -1,
            TaskCompleted = new TaskCompletedEvent
            {
                TaskScheduledId = taskId,
                Result = result,
                TaskExecutionId = taskExecutionId,
            },
        };

    public static HistoryEvent Failed(int taskId, string message = "no stock", bool isNonRetriable = false) =>
        new()
        {
            EventId = -1,
            TaskFailed = new TaskFailedEvent
            {
                TaskScheduledId = taskId,
                FailureDetails = new TaskFailureDetails
                {
                    ErrorType = "System.InvalidOperationException",
                    ErrorMessage = message,
                    StackTrace = "at Shop",
                    IsNonRetriable = isNonRetriable,
                },
            },
        };

    public static HistoryEvent ChildCompleted(int taskId, string? result = null) =>
        new()
        {
            EventId = -1,
            ChildWorkflowInstanceCompleted = new ChildWorkflowInstanceCompletedEvent { TaskScheduledId = taskId, Result = result },
        };

    public static HistoryEvent ChildFailed(int taskId) =>
        new()
        {
            EventId = -1,
            ChildWorkflowInstanceFailed = new ChildWorkflowInstanceFailedEvent
            {
                TaskScheduledId = taskId,
                FailureDetails = new TaskFailureDetails
                {
                    ErrorType = "E",
                    ErrorMessage = "child broke",
                    IsNonRetriable = true,
                },
            },
        };

    public static HistoryEvent Fired(int timerId) =>
        new()
        {
            EventId = -1,
            TimerFired = new TimerFiredEvent { TimerId = timerId },
        };

    public static HistoryEvent Raised(string name, string? input = null) =>
        new()
        {
            EventId = -1,
            EventRaised = new EventRaisedEvent { Name = name, Input = input },
        };

    public static HistoryEvent Suspended() => new() { EventId = -1, ExecutionSuspended = new ExecutionSuspendedEvent() };

    public static HistoryEvent Resumed() => new() { EventId = -1, ExecutionResumed = new ExecutionResumedEvent() };

    public static HistoryEvent Terminated(string? output = null) =>
        new()
        {
            EventId = -1,
            ExecutionTerminated = new ExecutionTerminatedEvent { Input = output },
        };

    public static HistoryEvent Scheduled(int id, string name, string taskExecutionId = "") =>
        new()
        {
            EventId = id,
            TaskScheduled = new TaskScheduledEvent { Name = name, TaskExecutionId = taskExecutionId },
        };

    /// <summary>The event that an engine appends for an action.</summary>
    public static HistoryEvent FromAction(WorkflowAction action)
    {
        HistoryEvent made = new() { EventId = action.Id };
        switch (action.WorkflowActionTypeCase)
        {
            case WorkflowAction.WorkflowActionTypeOneofCase.ScheduleTask:
                made.TaskScheduled = new TaskScheduledEvent
                {
                    Name = action.ScheduleTask.Name,
                    Input = action.ScheduleTask.Input,
                    TaskExecutionId = action.ScheduleTask.TaskExecutionId,
                };
                break;
            case WorkflowAction.WorkflowActionTypeOneofCase.CreateTimer:
                made.TimerCreated = new TimerCreatedEvent { FireAt = action.CreateTimer.FireAt };
                if (action.CreateTimer.ExternalEvent is { } awaited)
                    made.TimerCreated.ExternalEvent = awaited;
                if (action.CreateTimer.ActivityRetry is { } retry)
                    made.TimerCreated.ActivityRetry = retry;
                if (action.CreateTimer.ChildWorkflowRetry is { } child)
                    made.TimerCreated.ChildWorkflowRetry = child;
                if (action.CreateTimer.CreateTimer is { } plain)
                    made.TimerCreated.CreateTimer = plain;
                break;
            case WorkflowAction.WorkflowActionTypeOneofCase.CreateChildWorkflow:
                made.ChildWorkflowInstanceCreated = new ChildWorkflowInstanceCreatedEvent
                {
                    Name = action.CreateChildWorkflow.Name,
                    InstanceId = action.CreateChildWorkflow.InstanceId,
                };
                break;
            case WorkflowAction.WorkflowActionTypeOneofCase.SendEvent:
                made.EventSent = new EventSentEvent
                {
                    InstanceId = action.SendEvent.Instance.InstanceId,
                    Name = action.SendEvent.Name,
                    Input = action.SendEvent.Data,
                };
                break;
            case WorkflowAction.WorkflowActionTypeOneofCase.CompleteWorkflow:
                made.ExecutionCompleted = new ExecutionCompletedEvent
                {
                    WorkflowStatus = action.CompleteWorkflow.WorkflowStatus,
                    Result = action.CompleteWorkflow.Result,
                };
                break;
            default:
                throw new InvalidOperationException($"No event is made from {action}.");
        }

        return made;
    }
}
