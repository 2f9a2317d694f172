using Dapr.DurableTask.Protobuf;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Embedded.Workflows.Engine;

/// <summary>What became of an event that came for an instance.</summary>
internal enum Receipt
{
    /// <summary>It waits in the inbox.</summary>
    Stored,

    /// <summary>Nothing waits for it: a second or late result, or one for an id that history lacks.</summary>
    Ignored,

    /// <summary>The instance is over; the event changes nothing.</summary>
    Over,

    /// <summary>The instance is stalled and takes no event until a worker fits again.</summary>
    Stalled,
}

/// <summary>Decides whether an event goes into the inbox: each result once, nothing after the end.</summary>
internal static class Receive
{
    public static Receipt Check(InstanceState state, HistoryEvent happened, string? executionId = null)
    {
        if (state.IsOver)
            return Receipt.Over;
        if (executionId is not null && executionId != state.ExecutionId)
            return Receipt.Ignored;
        return happened.EventTypeCase switch
        {
            Kind.TaskCompleted => Waited(state.Tasks.ContainsKey(happened.TaskCompleted.TaskScheduledId)),
            Kind.TaskFailed => Waited(state.Tasks.ContainsKey(happened.TaskFailed.TaskScheduledId)),
            Kind.TimerFired => Waited(state.Timers.ContainsKey(happened.TimerFired.TimerId)),
            Kind.ChildWorkflowInstanceCompleted => Waited(state.OpenChildren.ContainsKey(happened.ChildWorkflowInstanceCompleted.TaskScheduledId)),
            Kind.ChildWorkflowInstanceFailed => Waited(state.OpenChildren.ContainsKey(happened.ChildWorkflowInstanceFailed.TaskScheduledId)),
            Kind.EventRaised => state.Stalled is null ? Receipt.Stored : Receipt.Stalled,
            Kind.ExecutionSuspended or Kind.ExecutionResumed or Kind.ExecutionTerminated => Receipt.Stored,
            _ => Receipt.Ignored,
        };
    }

    /// <summary>
    /// True when a raised event is here already: other apps send theirs until acknowledged, and the same name at the same time, to the
    /// nanosecond, is the same event.
    /// </summary>
    public static bool IsRepeated(InstanceState state, HistoryEvent raised) =>
        raised.Timestamp is { } at && state.HasRaised(raised.EventRaised.Name, at);

    private static Receipt Waited(bool open) => open ? Receipt.Stored : Receipt.Ignored;
}
