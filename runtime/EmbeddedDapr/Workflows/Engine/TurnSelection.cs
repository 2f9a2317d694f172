using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Embedded.Workflows.Engine;

/// <summary>Which events of the inbox the next turn takes: always a prefix, so that no event overtakes another.</summary>
internal static class TurnSelection
{
    /// <summary>Number of inbox events that a turn takes now; 0 when there is no turn to be had.</summary>
    /// <param name="state">The instance.</param>
    /// <param name="now">Time, for starts that were scheduled for later.</param>
    /// <param name="holdSuspended">
    /// True when the workers run code although suspended unless the suspension is the last event they see (Dapr.Workflow for .NET does);
    /// then everything but resume and terminate waits here. False leaves it to the worker, as daprd does.
    /// </param>
    /// <param name="roomBytes">Bytes that the events may have; one event is always taken.</param>
    public static int Count(InstanceState state, DateTimeOffset now, bool holdSuspended, int roomBytes)
    {
        if (state.IsOver || state.Inbox.Count == 0 || DueAt(state) > now)
            return 0;
        var count = 0;
        var suspended = state.Suspended;
        foreach (var waiting in state.Inbox)
        {
            if (holdSuspended && suspended && waiting.Kind is not (Kind.ExecutionResumed or Kind.ExecutionTerminated))
                break;
            roomBytes -= waiting.Frame.Length;
            if (count > 0 && roomBytes < 0)
                break;
            count++;
            // Workers look for a termination in the last event only, and nothing after it matters.
            if (waiting.Kind == Kind.ExecutionTerminated)
                break;
            suspended = waiting.Kind switch
            {
                Kind.ExecutionSuspended => true,
                Kind.ExecutionResumed => false,
                _ => suspended,
            };
        }
        return count;
    }

    /// <summary>When a start that was scheduled for later is due; the beginning of time when it is not, or when a termination waits.</summary>
    public static DateTimeOffset DueAt(InstanceState state)
    {
        if (state.Turns > 0 || state.Start?.ExecutionStarted.ScheduledStartTimestamp is not { } at || IsTerminating(state))
            return DateTimeOffset.MinValue;
        return Clock.ToTime(at);
    }

    public static bool IsTerminating(InstanceState state) => state.Inbox.Any(waiting => waiting.Kind == Kind.ExecutionTerminated);
}
