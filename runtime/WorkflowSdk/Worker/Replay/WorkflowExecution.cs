using System.Diagnostics.CodeAnalysis;
using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow.Client;
using Microsoft.Extensions.Logging;
using EventCase = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Workflow.Worker.Replay;

/// <summary>Finds the code of a workflow by its name.</summary>
internal delegate IWorkflow WorkflowLookup(string name);

/// <summary>
/// One execution of one instance: plays its history through the workflow's code and answers what the code wants next. It can be kept
/// between turns, so that a turn plays only what is new; what it then answers is what playing the whole history answers. Each turn runs
/// on one thread, from start to end.
/// </summary>
internal sealed class WorkflowExecution
{
    private readonly string _instanceId;
    private readonly DurableTask.Protobuf.PropagatedHistory? _propagated;
    private readonly WorkflowLookup _lookup;
    private readonly IDaprSerializer _serializer;
    private readonly ILoggerFactory _loggers;
    private readonly ReplayThread _thread = new();
    private readonly ExternalEvents _events = new();
    private readonly Queue<HistoryEvent> _held = new();
    private readonly PatchDecisions _patches = new();
    private readonly TurnActions _actions;
    private readonly ExecutionStartedEvent? _started;
    private HistoryEvent[] _unconfirmed = [];
    private TurnContext? _context;
    private Task<object?>? _run;
    private DateTime _now;
    private bool _isReplaying;
    private bool _isSuspended;

    private WorkflowExecution(WorkflowRequest request, WorkflowLookup lookup, IDaprSerializer serializer, ILoggerFactory loggers)
    {
        _instanceId = request.InstanceId;
        _propagated = request.PropagatedHistory;
        _lookup = lookup;
        _serializer = serializer;
        _loggers = loggers;
        _started = request.PastEvents.Concat(request.NewEvents).FirstOrDefault(each => each.ExecutionStarted is not null)?.ExecutionStarted;
        _actions = new TurnActions(_started?.Name ?? request.InstanceId);
    }

    /// <summary>The events of history that were played: all but the new ones of the last turn, which the runtime has to confirm.</summary>
    public int ConfirmedEvents { get; private set; }

    /// <summary>Events that were ever played.</summary>
    public int PlayedEvents => ConfirmedEvents + _unconfirmed.Length;

    /// <summary>
    /// Whether the execution stands where its last turn left it. Code that awaits what its context did not make may have gone on between
    /// turns; then only history tells what happened.
    /// </summary>
    private bool IsIntact => _started is not null && !_thread.WasLeft && _run is not { IsCompleted: true };

    /// <summary>Plays a turn that brings the whole history; the answer has no completion token.</summary>
    public static (WorkflowExecution Execution, WorkflowResponse Answer) Begin(
        WorkflowRequest request,
        WorkflowLookup lookup,
        IDaprSerializer serializer,
        ILoggerFactory loggers
    )
    {
        WorkflowExecution execution = new(request, lookup, serializer, loggers);
        return (execution, execution.Play(request.PastEvents, request.NewEvents));
    }

    /// <summary>
    /// Plays a turn that brings what came after <paramref name="heldEvents"/> events, 0 where it brings all. False, with nothing played,
    /// where these are not the events that this execution has seen confirmed, or history confirms other ones than it played.
    /// </summary>
    public bool TryContinue(
        int heldEvents,
        IReadOnlyList<HistoryEvent> past,
        IReadOnlyList<HistoryEvent> fresh,
        [NotNullWhen(true)] out WorkflowResponse? answer
    )
    {
        answer = null;
        if (heldEvents != ConfirmedEvents || !IsIntact || past.Count < _unconfirmed.Length)
            return false;
        for (var each = 0; each < _unconfirmed.Length; each++)
            if (!IsSame(_unconfirmed[each], past[each]))
                return false;
        answer = Play(past, fresh, _unconfirmed.Length);
        return true;
    }

    private WorkflowResponse Play(IReadOnlyList<HistoryEvent> past, IReadOnlyList<HistoryEvent> fresh, int alreadyPlayed = 0)
    {
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        _thread.Enter();
        try
        {
            ConfirmedEvents += past.Count;
            _unconfirmed = [.. fresh];
            _patches.Note(past);
            _patches.Note(fresh);
            SetReplaying(true);
            for (var each = alreadyPlayed; each < past.Count; each++)
                if (Apply(past[each]) is { } ending)
                    return Answer([ending]);
            SetReplaying(false);
            foreach (var each in fresh)
                if (Apply(each) is { } ending)
                    return Answer([ending]);
            return Answer(Decide());
        }
        catch (Exception failure)
        {
            return Answer([
                Completion(
                    _actions.NextId,
                    new CompleteWorkflowAction
                    {
                        WorkflowStatus = OrchestrationStatus.Failed,
                        FailureDetails = ProtoConversions.ToProto(failure, isNonRetriable: true),
                    }
                ),
            ]);
        }
        finally
        {
            _thread.Leave();
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private void SetReplaying(bool isReplaying)
    {
        _isReplaying = isReplaying;
        if (_context is not null)
            _context.Replaying = isReplaying;
    }

    /// <summary>The runtime may write the version of a turn into its start.</summary>
    private static bool IsSame(HistoryEvent played, HistoryEvent recorded) =>
        played.EventTypeCase == EventCase.WorkflowStarted
            ? recorded.EventTypeCase == EventCase.WorkflowStarted && Equals(played.Timestamp, recorded.Timestamp)
            : played.Equals(recorded);

    /// <summary>Plays one event; an action where it ends the instance whatever the code says.</summary>
    private WorkflowAction? Apply(HistoryEvent each)
    {
        switch (each.EventTypeCase)
        {
            case EventCase.WorkflowStarted:
                _now = each.Timestamp?.ToDateTime() ?? _now;
                if (_context is not null)
                    _context.Now = _now;
                break;
            case EventCase.ExecutionSuspended:
                _isSuspended = true;
                break;
            case EventCase.ExecutionResumed:
                _isSuspended = false;
                Release();
                break;
            case EventCase.ExecutionTerminated when _run is not { IsCompleted: true } || _context?.Continuation is not null:
                return Completion(
                    _actions.NextId,
                    new CompleteWorkflowAction { WorkflowStatus = OrchestrationStatus.Terminated, Result = each.ExecutionTerminated.Input }
                );
            case EventCase.TaskScheduled:
            case EventCase.TimerCreated:
            case EventCase.ChildWorkflowInstanceCreated:
            case EventCase.EventSent:
                // Another worker may have gone on while suspended: what it did is history, so its code has seen the events held here.
                if (!_actions.IsPending(each))
                    Release();
                _actions.Confirm(each);
                break;
            default:
                if (_isSuspended)
                    _held.Enqueue(each);
                else
                    Deliver(each);
                break;
        }

        return null;
    }

    private void Release()
    {
        while (_held.TryDequeue(out var each))
            Deliver(each);
    }

    private void Deliver(HistoryEvent each)
    {
        switch (each.EventTypeCase)
        {
            case EventCase.ExecutionStarted when _run is null:
                Start();
                break;
            case EventCase.TaskCompleted:
                Complete(TaskKind.Activity, each.TaskCompleted.TaskScheduledId, each.TaskCompleted.TaskExecutionId, each);
                break;
            case EventCase.TaskFailed:
                Complete(TaskKind.Activity, each.TaskFailed.TaskScheduledId, each.TaskFailed.TaskExecutionId, each);
                break;
            case EventCase.ChildWorkflowInstanceCompleted:
                Complete(TaskKind.ChildWorkflow, each.ChildWorkflowInstanceCompleted.TaskScheduledId, "", each);
                break;
            case EventCase.ChildWorkflowInstanceFailed:
                Complete(TaskKind.ChildWorkflow, each.ChildWorkflowInstanceFailed.TaskScheduledId, "", each);
                break;
            case EventCase.TimerFired:
                Complete(TaskKind.Timer, each.TimerFired.TimerId, "", each);
                break;
            case EventCase.EventRaised:
                _events.Raise(each)?.TrySetResult(each);
                break;
        }
    }

    private void Start()
    {
        _context = new TurnContext(_instanceId, _started!, _propagated, _actions, _events, _patches, _thread, _serializer, _loggers)
        {
            Now = _now,
            Replaying = _isReplaying,
        };
        var workflow = _lookup(_started!.Name);
        var input = string.IsNullOrEmpty(_started.Input) ? null : _serializer.Deserialize(_started.Input, workflow.InputType);
        _run = workflow.RunAsync(_context, input);
    }

    private void Complete(TaskKind kind, int id, string taskExecutionId, HistoryEvent each) =>
        _actions.Take(kind, id, taskExecutionId)?.Source.TrySetResult(each);

    /// <summary>What the code wants after all events: nothing while suspended, its open actions, and its end.</summary>
    private IEnumerable<WorkflowAction> Decide()
    {
        if (_isSuspended || _run is null || _context is null)
            return [];
        if (_run.IsFaulted || _run.IsCanceled)
            _run.GetAwaiter().GetResult();

        if (_context.Continuation is { } next)
            return [.. _actions.Pending, Completion(next.ActionId, Continue(next))];
        if (_run.IsCompletedSuccessfully)
        {
            var output = _run.GetAwaiter().GetResult();
            return
            [
                .. _actions.Pending,
                Completion(
                    _actions.NextId,
                    new CompleteWorkflowAction
                    {
                        WorkflowStatus = OrchestrationStatus.Completed,
                        Result = _serializer.Serialize(output, output?.GetType()),
                    }
                ),
            ];
        }

        if (_thread.WasLeft || !(_actions.AnyOpen || _events.AnyWaiter))
            throw ReplayThread.ForeignTask(_context.Name);
        return _actions.Pending;
    }

    private CompleteWorkflowAction Continue(Continuation next)
    {
        CompleteWorkflowAction complete = new() { WorkflowStatus = OrchestrationStatus.ContinuedAsNew, Result = next.Input };
        if (next.KeepsEvents)
            complete.CarryoverEvents.AddRange(_events.Unclaimed);
        return complete;
    }

    private static WorkflowAction Completion(int id, CompleteWorkflowAction complete) => new() { Id = id, CompleteWorkflow = complete };

    private WorkflowResponse Answer(IEnumerable<WorkflowAction> actions)
    {
        WorkflowResponse response = new() { InstanceId = _instanceId, CustomStatus = _context?.CustomStatus };
        response.Actions.AddRange(actions);
        if (_patches.Taken.Count > 0)
            response.Version = new WorkflowVersion { Patches = { _patches.Taken } };
        return response;
    }
}
