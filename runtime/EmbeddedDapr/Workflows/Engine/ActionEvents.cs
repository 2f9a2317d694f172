using System.Globalization;
using Dapr.DurableTask.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;
using Variant = Dapr.DurableTask.Protobuf.WorkflowAction.WorkflowActionTypeOneofCase;

namespace Dapr.Embedded.Workflows.Engine;

/// <summary>Makes events of history, and messages for other instances, from the actions of one answer.</summary>
internal sealed class ActionEvents(InstanceState state, TurnContext context)
{
    private readonly HashSet<(Kind, int)> made = [];
    private readonly Timestamp now = Clock.ToTimestamp(context.Now);

    public List<HistoryEvent> Events { get; } = [];

    /// <summary>Messages for instances of this app.</summary>
    public List<Message> Local { get; } = [];

    /// <summary>Messages for instances of other apps.</summary>
    public List<Message> Remote { get; } = [];

    public void Add(WorkflowAction action)
    {
        switch (action.WorkflowActionTypeCase)
        {
            case Variant.ScheduleTask when IsNew(Kind.TaskScheduled, action.Id):
                Schedule(action);
                break;
            case Variant.CreateTimer when IsNew(Kind.TimerCreated, action.Id):
                CreateTimer(action);
                break;
            default:
                AddMessageOnly(action);
                break;
        }
    }

    /// <summary>Carries out an action that reaches another instance; such an action counts even when the generation ends with the answer.</summary>
    public void AddMessageOnly(WorkflowAction action)
    {
        switch (action.WorkflowActionTypeCase)
        {
            case Variant.CreateChildWorkflow when IsNew(Kind.ChildWorkflowInstanceCreated, action.Id):
                CreateChild(action);
                break;
            case Variant.SendEvent when IsNew(Kind.EventSent, action.Id):
                SendEvent(action);
                break;
            case Variant.TerminateWorkflow:
                var end = new ExecutionTerminatedEvent { Input = action.TerminateWorkflow.Reason, Recurse = action.TerminateWorkflow.Recurse };
                Send(ForeignApp(action), action.TerminateWorkflow.InstanceId, Outside(new HistoryEvent { ExecutionTerminated = end }));
                break;
            case Variant.CreateDetachedWorkflow when IsNew(Kind.DetachedWorkflowInstanceCreated, action.Id):
                CreateDetached(action);
                break;
        }
    }

    public void Complete(WorkflowAction action)
    {
        var end = action.CompleteWorkflow;
        Events.Add(
            Made(
                action,
                new HistoryEvent
                {
                    ExecutionCompleted = new ExecutionCompletedEvent
                    {
                        WorkflowStatus = end.WorkflowStatus,
                        Result = end.Result,
                        FailureDetails = end.FailureDetails,
                    },
                }
            )
        );
        if (state.Start?.ExecutionStarted.ParentInstance is { WorkflowInstance: { } instance } parent)
        {
            var app = parent.HasAppID ? parent.AppID : context.AppId;
            Send(app == context.AppId ? null : app, instance.InstanceId, ChildEnd(parent.TaskScheduledId, end, app), instance.ExecutionId);
        }
    }

    public void TerminateChildren(ExecutionTerminatedEvent termination)
    {
        foreach (var (app, instance) in state.Children)
            Send(
                app,
                instance,
                Outside(
                    new HistoryEvent
                    {
                        ExecutionTerminated = new ExecutionTerminatedEvent { Input = termination.Input, Recurse = true },
                    }
                )
            );
    }

    private bool IsNew(Kind kind, int id) => !state.HasMade(kind, id) && made.Add((kind, id));

    private void Schedule(WorkflowAction action)
    {
        var task = action.ScheduleTask;
        var scheduled = new TaskScheduledEvent
        {
            Name = task.Name,
            Version = task.Version,
            Input = task.Input,
            TaskExecutionId = task.TaskExecutionId,
            ParentTraceContext = state.Start?.ExecutionStarted.ParentTraceContext,
        };
        if (task.HasHistoryPropagationScope)
            scheduled.HistoryPropagationScope = task.HistoryPropagationScope;
        Events.Add(Made(action, new HistoryEvent { TaskScheduled = scheduled }));
    }

    private void CreateTimer(WorkflowAction action)
    {
        var timer = action.CreateTimer;
        var created = new TimerCreatedEvent { FireAt = timer.FireAt };
        if (timer.HasName)
            created.Name = timer.Name;
        switch (timer.OriginCase)
        {
            case CreateTimerAction.OriginOneofCase.CreateTimer:
                created.CreateTimer = timer.CreateTimer;
                break;
            case CreateTimerAction.OriginOneofCase.ExternalEvent:
                created.ExternalEvent = timer.ExternalEvent;
                break;
            case CreateTimerAction.OriginOneofCase.ActivityRetry:
                created.ActivityRetry = timer.ActivityRetry;
                break;
            case CreateTimerAction.OriginOneofCase.ChildWorkflowRetry:
                created.ChildWorkflowRetry = timer.ChildWorkflowRetry;
                break;
        }
        Events.Add(Made(action, new HistoryEvent { TimerCreated = created }));
    }

    private void CreateChild(WorkflowAction action)
    {
        var child = action.CreateChildWorkflow;
        var id = child.InstanceId.Length > 0 ? child.InstanceId : ChildId(state.InstanceId, action.Id);
        var created = new ChildWorkflowInstanceCreatedEvent
        {
            InstanceId = id,
            Name = child.Name,
            Version = child.Version,
            Input = child.Input,
            ParentTraceContext = state.Start?.ExecutionStarted.ParentTraceContext,
            RetryParentInstanceInfo = child.RetryParentInstanceInfo,
        };
        if (child.HasHistoryPropagationScope)
            created.HistoryPropagationScope = child.HistoryPropagationScope;
        var happened = Made(action, new HistoryEvent { ChildWorkflowInstanceCreated = created });
        Events.Add(happened);
        Send(ForeignApp(action), id, ChildStart(state, happened, context));
    }

    private void SendEvent(WorkflowAction action)
    {
        var send = action.SendEvent;
        var target = send.Instance?.InstanceId ?? "";
        Events.Add(
            Made(
                action,
                new HistoryEvent
                {
                    EventSent = new EventSentEvent
                    {
                        InstanceId = target,
                        Name = send.Name,
                        Input = send.Data,
                    },
                }
            )
        );
        Send(
            ForeignApp(action),
            target,
            Outside(
                new HistoryEvent
                {
                    EventRaised = new EventRaisedEvent { Name = send.Name, Input = send.Data },
                }
            )
        );
    }

    private void CreateDetached(WorkflowAction action)
    {
        var detached = action.CreateDetachedWorkflow;
        Events.Add(
            Made(
                action,
                new HistoryEvent { DetachedWorkflowInstanceCreated = new DetachedWorkflowInstanceCreatedEvent { InstanceId = detached.InstanceId } }
            )
        );
        Send(
            ForeignApp(action),
            detached.InstanceId,
            Starts.Event(
                detached.InstanceId,
                detached.Name,
                detached.Input,
                detached.ScheduledStartTimestamp,
                detached.ParentTraceContext,
                context.AppId,
                now,
                context.NewExecutionId()
            )
        );
    }

    /// <summary>The start event of a child that a parent created; the same again when the parent's runtime has to repeat it.</summary>
    public static HistoryEvent ChildStart(InstanceState parent, HistoryEvent created, TurnContext context)
    {
        var child = created.ChildWorkflowInstanceCreated;
        var start = Starts.Event(
            child.InstanceId,
            child.Name,
            child.Input,
            null,
            child.ParentTraceContext,
            context.AppId,
            Clock.ToTimestamp(context.Now),
            context.NewExecutionId()
        );
        start.ExecutionStarted.ParentInstance = new ParentInstanceInfo
        {
            TaskScheduledId = created.EventId,
            Name = parent.Start?.ExecutionStarted.Name,
            AppID = context.AppId,
            WorkflowInstance = new WorkflowInstance { InstanceId = parent.InstanceId, ExecutionId = parent.ExecutionId },
        };
        return start;
    }

    /// <summary>The id of a child that was given none.</summary>
    public static string ChildId(string parent, int actionId) => string.Create(CultureInfo.InvariantCulture, $"{parent}:{actionId:x4}");

    private HistoryEvent ChildEnd(int taskScheduledId, CompleteWorkflowAction end, string parentApp)
    {
        var happened =
            end.WorkflowStatus == OrchestrationStatus.Completed
                ? new HistoryEvent
                {
                    ChildWorkflowInstanceCompleted = new ChildWorkflowInstanceCompletedEvent
                    {
                        TaskScheduledId = taskScheduledId,
                        Result = end.Result,
                    },
                }
                : new HistoryEvent
                {
                    ChildWorkflowInstanceFailed = new ChildWorkflowInstanceFailedEvent
                    {
                        TaskScheduledId = taskScheduledId,
                        FailureDetails = end.FailureDetails,
                    },
                };
        happened.Router = new TaskRouter { SourceAppID = context.AppId, TargetAppID = parentApp };
        return Outside(happened);
    }

    private void Send(string? app, string instance, HistoryEvent happened, string? executionId = null) =>
        (app is null ? Local : Remote).Add(new Message(app, instance, happened, executionId));

    private string? ForeignApp(WorkflowAction action) =>
        action.Router is { TargetAppID: { Length: > 0 } target } && target != context.AppId ? target : null;

    private HistoryEvent Outside(HistoryEvent happened)
    {
        happened.EventId = -1;
        happened.Timestamp = now;
        return happened;
    }

    private HistoryEvent Made(WorkflowAction action, HistoryEvent happened)
    {
        happened.EventId = action.Id;
        happened.Timestamp = now;
        happened.Router = new TaskRouter { SourceAppID = context.AppId };
        if (ForeignApp(action) is { } target)
            happened.Router.TargetAppID = target;
        return happened;
    }
}
