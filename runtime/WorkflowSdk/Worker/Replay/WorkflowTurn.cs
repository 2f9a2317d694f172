using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow.Client;
using Microsoft.Extensions.Logging;
using EventCase = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Workflow.Worker.Replay;

/// <summary>Finds the code of a workflow by its name.</summary>
internal delegate IWorkflow WorkflowLookup(string name);

/// <summary>
/// One turn of one instance: plays its history through the workflow's code and answers what the code wants next. Runs on one thread,
/// from start to end.
/// </summary>
internal sealed class WorkflowTurn
{
    private readonly WorkflowRequest _request;
    private readonly WorkflowLookup _lookup;
    private readonly IDaprSerializer _serializer;
    private readonly ILoggerFactory _loggers;
    private readonly ReplayThread _thread = new();
    private readonly ExternalEvents _events = new();
    private readonly Queue<HistoryEvent> _held = new();
    private readonly PatchDecisions _patches;
    private readonly TurnActions _actions;
    private readonly ExecutionStartedEvent? _started;
    private TurnContext? _context;
    private Task<object?>? _run;
    private DateTime _now;
    private bool _isReplaying;
    private bool _isSuspended;

    private WorkflowTurn(WorkflowRequest request, WorkflowLookup lookup, IDaprSerializer serializer, ILoggerFactory loggers)
    {
        _request = request;
        _lookup = lookup;
        _serializer = serializer;
        _loggers = loggers;
        var all = request.PastEvents.Concat(request.NewEvents).ToArray();
        _started = Array.Find(all, each => each.ExecutionStarted is not null)?.ExecutionStarted;
        _actions = new TurnActions(_started?.Name ?? request.InstanceId);
        _patches = new PatchDecisions(all.SelectMany(each => each.WorkflowStarted?.Version?.Patches ?? []));
    }

    /// <summary>Plays the turn and gives its answer, without a completion token.</summary>
    public static WorkflowResponse Play(
        WorkflowRequest request, WorkflowLookup lookup, IDaprSerializer serializer, ILoggerFactory loggers) =>
        new WorkflowTurn(request, lookup, serializer, loggers).Play();

    private WorkflowResponse Play()
    {
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            _isReplaying = true;
            foreach (var each in _request.PastEvents)
                if (Apply(each) is { } ending) return Answer([ending]);
            _isReplaying = false;
            if (_context is not null) _context.Replaying = false;
            foreach (var each in _request.NewEvents)
                if (Apply(each) is { } ending) return Answer([ending]);
            return Answer(Decide());
        }
        catch (Exception failure)
        {
            return Answer([Completion(_actions.NextId, new CompleteWorkflowAction
            {
                WorkflowStatus = OrchestrationStatus.Failed,
                FailureDetails = ProtoConversions.ToProto(failure, isNonRetriable: true),
            })]);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    /// <summary>Plays one event; an action where it ends the instance whatever the code says.</summary>
    private WorkflowAction? Apply(HistoryEvent each)
    {
        switch (each.EventTypeCase)
        {
            case EventCase.WorkflowStarted:
                _now = each.Timestamp?.ToDateTime() ?? _now;
                if (_context is not null) _context.Now = _now;
                break;
            case EventCase.ExecutionSuspended:
                _isSuspended = true;
                break;
            case EventCase.ExecutionResumed:
                _isSuspended = false;
                Release();
                break;
            case EventCase.ExecutionTerminated when _run is not { IsCompleted: true } || _context?.Continuation is not null:
                return Completion(_actions.NextId, new CompleteWorkflowAction
                {
                    WorkflowStatus = OrchestrationStatus.Terminated,
                    Result = each.ExecutionTerminated.Input,
                });
            case EventCase.TaskScheduled:
            case EventCase.TimerCreated:
            case EventCase.ChildWorkflowInstanceCreated:
            case EventCase.EventSent:
                // Another worker may have gone on while suspended: what it did is history, so its code has seen the events held here.
                if (!_actions.IsPending(each)) Release();
                _actions.Confirm(each);
                break;
            default:
                if (_isSuspended) _held.Enqueue(each);
                else Deliver(each);
                break;
        }

        return null;
    }

    private void Release()
    {
        while (_held.TryDequeue(out var each)) Deliver(each);
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
        _context = new TurnContext(_request, _started!, _actions, _events, _patches, _thread, _serializer, _loggers)
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
        if (_isSuspended || _run is null || _context is null) return [];
        if (_run.IsFaulted || _run.IsCanceled) _run.GetAwaiter().GetResult();

        if (_context.Continuation is { } next) return [.. _actions.Pending, Completion(next.ActionId, Continue(next))];
        if (_run.IsCompletedSuccessfully)
        {
            var output = _run.GetAwaiter().GetResult();
            return
            [
                .. _actions.Pending,
                Completion(_actions.NextId, new CompleteWorkflowAction
                {
                    WorkflowStatus = OrchestrationStatus.Completed, Result = _serializer.Serialize(output, output?.GetType()),
                }),
            ];
        }

        if (_thread.WasLeft || !(_actions.AnyOpen || _events.AnyWaiter)) throw ReplayThread.ForeignTask(_context.Name);
        return _actions.Pending;
    }

    private CompleteWorkflowAction Continue(Continuation next)
    {
        CompleteWorkflowAction complete = new() { WorkflowStatus = OrchestrationStatus.ContinuedAsNew, Result = next.Input };
        if (next.KeepsEvents) complete.CarryoverEvents.AddRange(_events.Unclaimed);
        return complete;
    }

    private static WorkflowAction Completion(int id, CompleteWorkflowAction complete) => new() { Id = id, CompleteWorkflow = complete };

    private WorkflowResponse Answer(IEnumerable<WorkflowAction> actions)
    {
        WorkflowResponse response = new() { InstanceId = _request.InstanceId, CustomStatus = _context?.CustomStatus };
        response.Actions.AddRange(actions);
        if (_patches.Taken.Count > 0) response.Version = new WorkflowVersion { Patches = { _patches.Taken } };
        return response;
    }
}
