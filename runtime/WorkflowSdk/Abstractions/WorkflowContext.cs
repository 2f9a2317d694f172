using Microsoft.Extensions.Logging;

namespace Dapr.Workflow;

/// <summary>The part of a workflow's context that is not about calling anything.</summary>
public interface IWorkflowContext
{
    /// <summary>Whether the code is being replayed up to where it stood before.</summary>
    bool IsReplaying { get; }

    /// <summary>The time of the turn, UTC; the same in every replay.</summary>
    DateTime CurrentUtcDateTime { get; }

    /// <summary>
    /// Whether this instance takes the code path named <paramref name="patchName"/>: true for instances that reach the call for the
    /// first time, false for those whose history went past it without the patch.
    /// </summary>
    bool IsPatched(string patchName);
}

/// <summary>Everything that a workflow may do. Only tasks made here may be awaited in a workflow.</summary>
public abstract class WorkflowContext : IWorkflowContext
{
    /// <summary>The workflow's name.</summary>
    public abstract string Name { get; }

    /// <summary>The instance id.</summary>
    public abstract string InstanceId { get; }

    /// <inheritdoc/>
    public abstract DateTime CurrentUtcDateTime { get; }

    /// <inheritdoc/>
    public abstract bool IsReplaying { get; }

    /// <inheritdoc/>
    public abstract bool IsPatched(string patchName);

    /// <summary>Calls an activity without a result.</summary>
    /// <exception cref="WorkflowTaskFailedException">The activity failed, after the retries of its policy.</exception>
    public virtual Task CallActivityAsync(string name, object? input = null, WorkflowTaskOptions? options = null) =>
        CallActivityAsync<object?>(name, input, options);

    /// <summary>Calls an activity and gives its result.</summary>
    /// <exception cref="WorkflowTaskFailedException">The activity failed, after the retries of its policy.</exception>
    public abstract Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null);

    /// <summary>A durable timer that fires <paramref name="delay"/> after <see cref="CurrentUtcDateTime"/>.</summary>
    public virtual Task CreateTimer(TimeSpan delay, CancellationToken cancellationToken = default) =>
        CreateTimer(CurrentUtcDateTime.Add(delay), cancellationToken);

    /// <summary>A durable timer that fires at <paramref name="fireAt"/> (UTC).</summary>
    public abstract Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken);

    /// <summary>
    /// Waits for an event raised at this instance. Names ignore case; events that came before the wait are kept in order and taken first.
    /// </summary>
    public abstract Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default);

    /// <summary>Waits for an event, at most <paramref name="timeout"/>; a negative timeout waits for ever.</summary>
    /// <exception cref="TaskCanceledException">The time is over.</exception>
    public virtual async Task<T> WaitForExternalEventAsync<T>(string eventName, TimeSpan timeout)
    {
        using CancellationTokenSource eventOver = new();
        using CancellationTokenSource timerOver = new();
        var raised = WaitForExternalEventAsync<T>(eventName, eventOver.Token);
        if (timeout < TimeSpan.Zero)
            return await raised;
        var timer = CreateTimer(timeout, timerOver.Token);
        var first = await Task.WhenAny(raised, timer);
        if (first == raised)
            timerOver.Cancel();
        else
            eventOver.Cancel();
        return await raised;
    }

    /// <summary>Raises an event at another instance.</summary>
    public abstract void SendEvent(string instanceId, string eventName, object payload);

    /// <summary>Sets what clients read as the custom status; kept until it is set again.</summary>
    public abstract void SetCustomStatus(object? customStatus);

    /// <summary>Runs another workflow and gives its result.</summary>
    /// <exception cref="WorkflowTaskFailedException">The child did not complete, after the retries of its policy.</exception>
    public abstract Task<TResult> CallChildWorkflowAsync<TResult>(
        string workflowName,
        object? input = null,
        ChildWorkflowTaskOptions? options = null
    );

    /// <summary>Runs another workflow without a result.</summary>
    /// <exception cref="WorkflowTaskFailedException">The child did not complete, after the retries of its policy.</exception>
    public virtual Task CallChildWorkflowAsync(string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null) =>
        CallChildWorkflowAsync<object?>(workflowName, input, options);

    /// <summary>A logger that is silent while the code is replayed.</summary>
    public abstract ILogger CreateReplaySafeLogger(string categoryName);

    /// <summary>A logger that is silent while the code is replayed.</summary>
    public abstract ILogger CreateReplaySafeLogger(Type type);

    /// <summary>A logger that is silent while the code is replayed.</summary>
    public abstract ILogger CreateReplaySafeLogger<T>();

    /// <summary>
    /// Starts this instance over with <paramref name="newInput"/> and an empty history; return right after the call. Events that nobody
    /// waited for go over to the new run unless <paramref name="preserveUnprocessedEvents"/> is false.
    /// </summary>
    public abstract void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true);

    /// <summary>A GUID that is the same in every replay.</summary>
    public abstract Guid NewGuid();

    /// <summary>The history that the caller passed on, or null.</summary>
    public abstract PropagatedHistory? GetPropagatedHistory();
}
