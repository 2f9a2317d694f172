using Dapr.DurableTask.Protobuf;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Embedded.Workflows.Engine;

/// <summary>What an instance waits for, by the id of the event that asked for it.</summary>
internal sealed class OpenWork
{
    public Dictionary<int, HistoryEvent> Tasks { get; } = [];

    /// <summary>In the order of creation, so that the oldest of a name is found first.</summary>
    public SortedDictionary<int, TimerCreatedEvent> Timers { get; } = [];

    public Dictionary<int, HistoryEvent> Children { get; } = [];

    /// <summary>A result is taken for what it answers when it comes in; a second one then finds nothing to answer.</summary>
    public void Resolve(HistoryEvent result)
    {
        switch (result.EventTypeCase)
        {
            case Kind.TaskCompleted:
                Tasks.Remove(result.TaskCompleted.TaskScheduledId);
                break;
            case Kind.TaskFailed:
                Tasks.Remove(result.TaskFailed.TaskScheduledId);
                break;
            case Kind.TimerFired:
                Timers.Remove(result.TimerFired.TimerId);
                break;
            case Kind.ChildWorkflowInstanceCompleted:
                Children.Remove(result.ChildWorkflowInstanceCompleted.TaskScheduledId);
                break;
            case Kind.ChildWorkflowInstanceFailed:
                Children.Remove(result.ChildWorkflowInstanceFailed.TaskScheduledId);
                break;
        }
    }

    /// <summary>One event ends one wait: the oldest open timer of that name.</summary>
    public void OvertakeTimer(string eventName)
    {
        foreach (var (id, timer) in Timers)
        {
            var name = timer.OriginCase switch
            {
                TimerCreatedEvent.OriginOneofCase.ExternalEvent => timer.ExternalEvent.Name,
                TimerCreatedEvent.OriginOneofCase.None when timer.HasName => timer.Name,
                _ => null,
            };
            if (!string.Equals(name, eventName, StringComparison.OrdinalIgnoreCase))
                continue;
            Timers.Remove(id);
            return;
        }
    }

    public void Clear()
    {
        Tasks.Clear();
        Timers.Clear();
        Children.Clear();
    }
}
