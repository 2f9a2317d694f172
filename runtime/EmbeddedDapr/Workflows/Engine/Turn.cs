using Dapr.DurableTask.Protobuf;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;
using Variant = Dapr.DurableTask.Protobuf.WorkflowAction.WorkflowActionTypeOneofCase;

namespace Dapr.Embedded.Workflows.Engine;

/// <summary>
/// Turns the answer of a worker into what is committed. Whatever a worker answers, the instance goes on or ends; it is never stuck.
/// </summary>
internal static class Turn
{
    public static HistoryEvent Started(DateTimeOffset now) =>
        new()
        {
            EventId = -1,
            Timestamp = Clock.ToTimestamp(now),
            WorkflowStarted = new WorkflowStartedEvent(),
        };

    public static TurnResult Complete(InstanceState state, OpenTurn open, WorkflowResponse answer, TurnContext context)
    {
        var termination = Termination(state, open);
        if (termination is null && StallOf(state, answer) is { } stall)
            return Stall(state, stall, context);
        var actions = new ActionEvents(state, context);
        var completion = Completion(state, answer, termination);
        if (completion.Enforced)
            actions.Complete(completion.Action!);
        else if (completion.Action is { CompleteWorkflow.WorkflowStatus: OrchestrationStatus.ContinuedAsNew } again)
        {
            foreach (var action in answer.Actions.TakeWhile(action => action != again))
                actions.AddMessageOnly(action);
            return Continue(state, open, again.CompleteWorkflow, answer.CustomStatus, actions, context);
        }
        else
        {
            foreach (var action in answer.Actions)
            {
                if (action == completion.Action)
                    actions.Complete(action);
                else
                    actions.Add(action);
            }
        }
        if (completion.Action is not null && termination is { ExecutionTerminated.Recurse: true })
            actions.TerminateChildren(termination.ExecutionTerminated);
        var started = WithVersion(open.Started, state, answer.Version);
        var record = new LogRecord(RecordKind.Turn, FramedEvent.Of(actions.Events.Prepend(started)), open.Taken, answer.CustomStatus, actions.Remote);
        return new TurnResult(record, actions.Local);
    }

    /// <summary>Ends an instance whose worker does not: the termination takes effect by itself.</summary>
    public static TurnResult Terminate(InstanceState state, TurnContext context)
    {
        var taken = state.Inbox.ToList().FindIndex(waiting => waiting.Kind == Kind.ExecutionTerminated) + 1;
        var answer = new WorkflowResponse { InstanceId = state.InstanceId, CustomStatus = state.CustomStatus };
        return Complete(state, new OpenTurn(taken, Started(context.Now)), answer, context);
    }

    /// <summary>Records that a turn cannot be handed out or was refused; once for the same reason.</summary>
    public static TurnResult Stall(InstanceState state, ExecutionStalledEvent stall, TurnContext context)
    {
        if (state.Stalled == stall.Reason)
            return new TurnResult(null, []);
        var stalled = new HistoryEvent
        {
            EventId = -1,
            Timestamp = Clock.ToTimestamp(context.Now),
            ExecutionStalled = stall,
        };
        return new TurnResult(new LogRecord(RecordKind.Turn, [FramedEvent.Of(stalled)]), []);
    }

    private static HistoryEvent? Termination(InstanceState state, OpenTurn open) =>
        open.Taken > 0 && state.Inbox[open.Taken - 1] is { Kind: Kind.ExecutionTerminated } last ? last.Event : null;

    private static ExecutionStalledEvent? StallOf(InstanceState state, WorkflowResponse answer)
    {
        if (answer.Actions.Any(action => action.WorkflowActionTypeCase == Variant.WorkflowVersionNotAvailable))
            return new ExecutionStalledEvent
            {
                Reason = StalledReason.VersionNotAvailable,
                Description = $"Version not available: {answer.Version?.Name}",
            };
        var current = answer.Version?.Patches.ToArray() ?? [];
        if (current.AsSpan().StartsWith(state.Patches.ToArray()))
            return null;
        return new ExecutionStalledEvent
        {
            Reason = StalledReason.PatchMismatch,
            Description = $"Patch mismatch. History patches: [{string.Join(' ', state.Patches)}], current patches: [{string.Join(' ', current)}]. ",
        };
    }

    /// <summary>The action that ends the execution, null when it goes on; enforced when the worker's other actions no longer count.</summary>
    private static (WorkflowAction? Action, bool Enforced) Completion(InstanceState state, WorkflowResponse answer, HistoryEvent? termination)
    {
        var given = answer.Actions.FirstOrDefault(action => action.CompleteWorkflow is { } end && Ends(end.WorkflowStatus));
        if (termination is not null)
        {
            if (given is null || given.CompleteWorkflow.WorkflowStatus == OrchestrationStatus.ContinuedAsNew)
                return (Ending(answer, OrchestrationStatus.Terminated, termination.ExecutionTerminated.Input), true);
            if (given.CompleteWorkflow is { WorkflowStatus: OrchestrationStatus.Terminated, Result: null } own)
                own.Result = termination.ExecutionTerminated.Input;
            return (given, false);
        }
        var unknown = answer.Actions.FirstOrDefault(action => action.WorkflowActionTypeCase == Variant.None);
        if (unknown is null)
            return (given, false);
        var failed = Ending(answer, OrchestrationStatus.Failed, null);
        failed.CompleteWorkflow.FailureDetails = new TaskFailureDetails
        {
            ErrorType = "InvalidWorkflowAction",
            ErrorMessage =
                $"the worker answered a turn of workflow '{state.InstanceId}' with an action (id {unknown.Id}) of no kind that this runtime knows",
            IsNonRetriable = true,
        };
        return (failed, true);
    }

    private static bool Ends(OrchestrationStatus status) =>
        status
            is OrchestrationStatus.Completed
                or OrchestrationStatus.ContinuedAsNew
                or OrchestrationStatus.Failed
                or OrchestrationStatus.Canceled
                or OrchestrationStatus.Terminated;

    private static WorkflowAction Ending(WorkflowResponse answer, OrchestrationStatus status, string? result) =>
        new()
        {
            Id = answer.Actions.Count == 0 ? 0 : answer.Actions.Max(action => action.Id),
            CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = status, Result = result },
        };

    private static HistoryEvent WithVersion(HistoryEvent started, InstanceState state, WorkflowVersion? version)
    {
        var patches = version?.Patches.Skip(state.Patches.Count).ToList() ?? [];
        if (patches.Count == 0 && version is not { HasName: true })
            return started;
        var recorded = new WorkflowVersion { Patches = { patches } };
        if (version is { HasName: true })
            recorded.Name = version.Name;
        return new HistoryEvent
        {
            EventId = -1,
            Timestamp = started.Timestamp,
            WorkflowStarted = new WorkflowStartedEvent { Version = recorded },
        };
    }

    private static TurnResult Continue(
        InstanceState state,
        OpenTurn open,
        CompleteWorkflowAction again,
        string? customStatus,
        ActionEvents actions,
        TurnContext context
    )
    {
        var start = state.Start!.Clone();
        start.Timestamp = Clock.ToTimestamp(context.Now);
        start.ExecutionStarted.Input = again.Result;
        start.ExecutionStarted.ScheduledStartTimestamp = null;
        start.ExecutionStarted.WorkflowInstance.ExecutionId = context.NewExecutionId();
        var carried = again
            .CarryoverEvents.Where(kept => kept.EventTypeCase == Kind.EventRaised)
            .Select(kept =>
            {
                kept.EventId = -1;
                kept.Timestamp ??= start.Timestamp;
                return kept;
            });
        // What came in during the turn belongs to the new generation, but results of the old one's work do not.
        var waiting = state
            .Inbox.Skip(open.Taken)
            .Where(one => one.Kind is Kind.EventRaised or Kind.ExecutionSuspended or Kind.ExecutionResumed or Kind.ExecutionTerminated);
        var inbox = FramedEvent.Of(carried.Prepend(start)).Concat(waiting).ToList();
        return new TurnResult(new LogRecord(RecordKind.Generation, inbox, state.Generation + 1, customStatus, actions.Remote), actions.Local);
    }
}
