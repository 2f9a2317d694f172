using System.Globalization;
using Dapr.Common.Serialization;
using Dapr.Workflow.Client;
using Microsoft.Extensions.Logging;
using Proto = Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Worker.Replay;

/// <summary>The context of one execution: turns the calls of workflow code into actions, and events into their completions.</summary>
internal sealed class TurnContext : WorkflowContext
{
    /// <summary>The time of a timer that no engine fires, which a wait without an end is given.</summary>
    private static readonly Google.Protobuf.WellKnownTypes.Timestamp Never = new() { Seconds = 253402300799, Nanos = 999_999_999 };

    private readonly TurnActions _actions;
    private readonly ExternalEvents _events;
    private readonly PatchDecisions _patches;
    private readonly ReplayThread _thread;
    private readonly IDaprSerializer _serializer;
    private readonly ILoggerFactory _loggers;
    private readonly PropagatedHistory? _propagated;
    private readonly string _runId;
    private readonly Guid _guidScope;
    private int _guidCount;

    public TurnContext(
        string instanceId,
        Proto.ExecutionStartedEvent started,
        Proto.PropagatedHistory? propagated,
        TurnActions actions,
        ExternalEvents events,
        PatchDecisions patches,
        ReplayThread thread,
        IDaprSerializer serializer,
        ILoggerFactory loggers
    )
    {
        Name = started.Name;
        InstanceId = instanceId;
        _actions = actions;
        _events = events;
        _patches = patches;
        _thread = thread;
        _serializer = serializer;
        _loggers = loggers;
        _propagated = PropagatedHistoryReader.Read(propagated);
        // One run, not one instance: a generation after ContinueAsNew must not make the ids of the one before.
        _runId = started.WorkflowInstance?.ExecutionId ?? instanceId;
        _guidScope = NameBasedGuid.ScopeOf(_runId);
    }

    public override string Name { get; }

    public override string InstanceId { get; }

    public override DateTime CurrentUtcDateTime => Now;

    public override bool IsReplaying => Replaying;

    /// <summary>The time of the turn whose events are being played.</summary>
    public DateTime Now { get; set; }

    /// <summary>Whether events of earlier turns are being played.</summary>
    public bool Replaying { get; set; }

    /// <summary>The custom status as sent; null until it is set.</summary>
    public string? CustomStatus { get; private set; }

    /// <summary>The start over that the code asked for.</summary>
    public Continuation? Continuation { get; private set; }

    public override bool IsPatched(string patchName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(patchName);
        _thread.Ensure(Name);
        return _patches.IsPatched(patchName, Replaying);
    }

    public override Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        _thread.Ensure(Name);
        if (options?.RetryPolicy is not { } policy)
            return CallActivityOnceAsync<T>(name, input, options);

        var first = TaskExecutionId(_actions.NextId);
        return new RetryInterceptor<T>(
            this,
            policy,
            () => CallActivityOnceAsync<T>(name, input, options),
            delay =>
                RunTimer(
                    new Proto.CreateTimerAction
                    {
                        FireAt = ProtoConversions.ToTimestamp(Now + delay),
                        ActivityRetry = new Proto.TimerOriginActivityRetry { TaskExecutionId = first },
                    },
                    CancellationToken.None
                )
        ).Invoke()!;
    }

    public override Task<TResult> CallChildWorkflowAsync<TResult>(string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(workflowName);
        _thread.Ensure(Name);
        if (options?.RetryPolicy is not { } policy)
            return CallChildOnceAsync<TResult>(workflowName, input, options, out _);

        string? first = null;
        return new RetryInterceptor<TResult>(
            this,
            policy,
            () =>
            {
                var attempt = CallChildOnceAsync<TResult>(workflowName, input, options, out var child);
                first ??= child;
                return attempt;
            },
            delay =>
                RunTimer(
                    new Proto.CreateTimerAction
                    {
                        FireAt = ProtoConversions.ToTimestamp(Now + delay),
                        ChildWorkflowRetry = new Proto.TimerOriginChildWorkflowRetry { InstanceId = first },
                    },
                    CancellationToken.None
                )
        ).Invoke()!;
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken) =>
        RunTimer(
            new Proto.CreateTimerAction { FireAt = ProtoConversions.ToTimestamp(fireAt), CreateTimer = new Proto.TimerOriginCreateTimer() },
            cancellationToken
        );

    public override async Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        _thread.Ensure(Name);
        if (_events.TryTake(eventName, out var taken))
            return Read<T>(taken.EventRaised.Input);
        var waiter = _events.Wait(eventName);
        using var registration = cancellationToken.Register(() => waiter.TrySetCanceled(cancellationToken));
        return Read<T>((await waiter.Task).EventRaised.Input);
    }

    public override async Task<T> WaitForExternalEventAsync<T>(string eventName, TimeSpan timeout)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        _thread.Ensure(Name);
        if (_events.TryTake(eventName, out var taken))
            return Read<T>(taken.EventRaised.Input);
        if (timeout == TimeSpan.Zero)
            throw new TaskCanceledException($"Event '{eventName}' has not come and the timeout is zero.");

        var waiter = _events.Wait(eventName);
        var timer = RunTimer(
            new Proto.CreateTimerAction
            {
                FireAt = timeout < TimeSpan.Zero ? Never : ProtoConversions.ToTimestamp(Now + timeout),
                ExternalEvent = new Proto.TimerOriginExternalEvent { Name = eventName },
            },
            CancellationToken.None
        );
        if (await Task.WhenAny(waiter.Task, timer) == timer && waiter.TrySetCanceled())
            throw new TaskCanceledException(string.Create(CultureInfo.InvariantCulture, $"Event '{eventName}' has not come within {timeout}."));
        return Read<T>((await waiter.Task).EventRaised.Input);
    }

    public override void SendEvent(string instanceId, string eventName, object payload)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        _thread.Ensure(Name);
        _actions.Add(
            new Proto.WorkflowAction
            {
                SendEvent = new Proto.SendEventAction
                {
                    Instance = new Proto.WorkflowInstance { InstanceId = instanceId },
                    Name = eventName,
                    Data = Write(payload),
                },
            }
        );
    }

    public override void SetCustomStatus(object? customStatus)
    {
        _thread.Ensure(Name);
        CustomStatus = Write(customStatus);
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        _thread.Ensure(Name);
        Continuation = new Continuation(_actions.TakeId(), Write(newInput), preserveUnprocessedEvents);
    }

    public override Guid NewGuid()
    {
        _thread.Ensure(Name);
        return NameBasedGuid.Create(_guidScope, $"{_runId}_{_guidCount++}");
    }

    public override PropagatedHistory? GetPropagatedHistory() => _propagated;

    public override ILogger CreateReplaySafeLogger(string categoryName) => new ReplaySafeLogger(_loggers.CreateLogger(categoryName), () => Replaying);

    public override ILogger CreateReplaySafeLogger(Type type) => CreateReplaySafeLogger(type.FullName ?? type.Name);

    public override ILogger CreateReplaySafeLogger<T>() => CreateReplaySafeLogger(typeof(T));

    private async Task<T> CallActivityOnceAsync<T>(string name, object? input, WorkflowTaskOptions? options)
    {
        var id = TaskExecutionId(_actions.NextId);
        Proto.ScheduleTaskAction action = new()
        {
            Name = name,
            Input = Write(input),
            TaskExecutionId = id,
        };
        if (Scope(options) is { } scope)
            action.HistoryPropagationScope = scope;
        var task = _actions.Add(new Proto.WorkflowAction { ScheduleTask = action, Router = Router(options) }, TaskKind.Activity, id);

        var ended = await task.Source.Task;
        if (ended.TaskFailed is not { } failed)
            return Read<T>(ended.TaskCompleted.Result);
        var details = ProtoConversions.ToFailureDetails(failed.FailureDetails);
        throw new WorkflowTaskFailedException($"Task failed: {details.ErrorMessage}", details);
    }

    private Task<T> CallChildOnceAsync<T>(string name, object? input, ChildWorkflowTaskOptions? options, out string childId)
    {
        childId = string.IsNullOrEmpty(options?.InstanceId) ? NewGuid().ToString() : options.InstanceId;
        Proto.CreateChildWorkflowAction action = new()
        {
            Name = name,
            InstanceId = childId,
            Input = Write(input),
        };
        if (Scope(options) is { } scope)
            action.HistoryPropagationScope = scope;
        var task = _actions.Add(new Proto.WorkflowAction { CreateChildWorkflow = action, Router = Router(options) }, TaskKind.ChildWorkflow, "");
        return ReadChildAsync<T>(name, task);
    }

    private async Task<T> ReadChildAsync<T>(string name, OpenTask task)
    {
        var ended = await task.Source.Task;
        if (ended.ChildWorkflowInstanceFailed is not { } failed)
            return Read<T>(ended.ChildWorkflowInstanceCompleted.Result);
        // A failed .NET workflow always says "not retriable"; a policy on the call is the caller's wish all the same.
        var seen = ProtoConversions.ToFailureDetails(failed.FailureDetails);
        throw new WorkflowTaskFailedException(
            $"Child workflow '{name}' failed",
            new WorkflowTaskFailureDetails(seen.ErrorType, seen.ErrorMessage, seen.StackTrace)
        );
    }

    private async Task RunTimer(Proto.CreateTimerAction timer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _thread.Ensure(Name);
        var task = _actions.Add(new Proto.WorkflowAction { CreateTimer = timer }, TaskKind.Timer, "");
        using var registration = cancellationToken.Register(() =>
        {
            _actions.Abandon(task);
            task.Source.TrySetCanceled(cancellationToken);
        });
        await task.Source.Task;
    }

    private string TaskExecutionId(int taskId) => NameBasedGuid.Create(_guidScope, $"task_{taskId}").ToString("N");

    private static Proto.TaskRouter? Router(WorkflowTaskOptions? options) =>
        string.IsNullOrEmpty(options?.TargetAppId) ? null : new Proto.TaskRouter { TargetAppID = options.TargetAppId };

    private static Proto.HistoryPropagationScope? Scope(WorkflowTaskOptions? options) =>
        options is null or { PropagationScope: HistoryPropagationScope.None } ? null : (Proto.HistoryPropagationScope)(int)options.PropagationScope;

    private string Write(object? value) => _serializer.Serialize(value, value?.GetType());

    private T Read<T>(string? text) => string.IsNullOrEmpty(text) ? default! : _serializer.Deserialize<T>(text)!;
}

/// <summary>A start over: its action id, the new input as sent, and whether unclaimed events go along.</summary>
internal sealed record Continuation(int ActionId, string Input, bool KeepsEvents);
