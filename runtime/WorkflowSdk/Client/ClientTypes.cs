namespace Dapr.Workflow.Client;

/// <summary>One page of instance ids; no token on the last one.</summary>
public sealed record WorkflowInstancePage(IReadOnlyList<string> InstanceIds, string? ContinuationToken);

/// <summary>One event of an instance's history.</summary>
/// <param name="EventId">The id of the action behind it, −1 for what came from outside.</param>
/// <param name="EventType">Its kind.</param>
/// <param name="Timestamp">When, UTC.</param>
public sealed record WorkflowHistoryEvent(int EventId, WorkflowHistoryEventType EventType, DateTime Timestamp);

/// <summary>How to run an instance again from one of its events.</summary>
public sealed class RerunWorkflowFromEventOptions
{
    /// <summary>The new instance's id; null lets the runtime choose.</summary>
    public string? NewInstanceId { get; set; }

    /// <summary>The activity's new input, used with <see cref="OverwriteInput"/>.</summary>
    public object? Input { get; set; }

    /// <summary>Whether <see cref="Input"/> replaces the recorded input.</summary>
    public bool OverwriteInput { get; set; }
}

/// <summary>The kinds of history events.</summary>
public enum WorkflowHistoryEventType
{
    /// <summary>A kind this version does not know.</summary>
    Unknown = 0,

    /// <summary>The instance was started.</summary>
    ExecutionStarted = 1,

    /// <summary>The instance ended.</summary>
    ExecutionCompleted = 2,

    /// <summary>The instance was terminated.</summary>
    ExecutionTerminated = 3,

    /// <summary>An activity was called.</summary>
    TaskScheduled = 4,

    /// <summary>An activity gave its result.</summary>
    TaskCompleted = 5,

    /// <summary>An activity failed.</summary>
    TaskFailed = 6,

    /// <summary>A child workflow was started.</summary>
    SubOrchestrationInstanceCreated = 7,

    /// <summary>A child workflow gave its result.</summary>
    SubOrchestrationInstanceCompleted = 8,

    /// <summary>A child workflow did not complete.</summary>
    SubOrchestrationInstanceFailed = 9,

    /// <summary>A timer was set.</summary>
    TimerCreated = 10,

    /// <summary>A timer fired.</summary>
    TimerFired = 11,

    /// <summary>A turn began.</summary>
    OrchestratorStarted = 12,

    /// <summary>A turn ended.</summary>
    OrchestratorCompleted = 13,

    /// <summary>An event was sent to another instance.</summary>
    EventSent = 14,

    /// <summary>An event was raised at this instance.</summary>
    EventRaised = 15,

    /// <summary>Retired.</summary>
    GenericEvent = 16,

    /// <summary>Retired.</summary>
    HistoryState = 17,

    /// <summary>The instance was started over.</summary>
    ContinueAsNew = 18,

    /// <summary>The instance was suspended.</summary>
    ExecutionSuspended = 19,

    /// <summary>The instance was resumed.</summary>
    ExecutionResumed = 20,

    /// <summary>The instance stalled.</summary>
    ExecutionStalled = 21,
}
