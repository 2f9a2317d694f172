using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Worker.Replay;

/// <summary>Events raised at the instance and the code that waits for them; both in order, by name, ignoring case.</summary>
internal sealed class ExternalEvents
{
    private readonly LinkedList<HistoryEvent> _unclaimed = [];
    private readonly Dictionary<string, Queue<LinkedListNode<HistoryEvent>>> _unclaimedByName = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string Name, TaskCompletionSource<HistoryEvent> Source)> _waiters = [];

    /// <summary>Events that nobody waited for, in the order in which they came.</summary>
    public IReadOnlyCollection<HistoryEvent> Unclaimed => _unclaimed;

    public bool AnyWaiter => _waiters.Exists(waiter => !waiter.Source.Task.IsCompleted);

    /// <summary>The oldest unclaimed event of the name.</summary>
    public bool TryTake(string name, out HistoryEvent taken)
    {
        if (!_unclaimedByName.TryGetValue(name, out var named) || !named.TryDequeue(out var node))
        {
            taken = new HistoryEvent();
            return false;
        }

        _unclaimed.Remove(node);
        taken = node.Value;
        return true;
    }

    public TaskCompletionSource<HistoryEvent> Wait(string name)
    {
        TaskCompletionSource<HistoryEvent> source = new();
        _waiters.Add((name, source));
        return source;
    }

    /// <summary>The first who still waits for this event; without one the event is kept and the result is null.</summary>
    public TaskCompletionSource<HistoryEvent>? Raise(HistoryEvent raised)
    {
        var name = raised.EventRaised.Name;
        _waiters.RemoveAll(waiter => waiter.Source.Task.IsCompleted);
        var index = _waiters.FindIndex(waiter => string.Equals(waiter.Name, name, StringComparison.OrdinalIgnoreCase));
        if (index < 0)
        {
            if (!_unclaimedByName.TryGetValue(name, out var named))
                _unclaimedByName.Add(name, named = new Queue<LinkedListNode<HistoryEvent>>());
            named.Enqueue(_unclaimed.AddLast(raised));
            return null;
        }

        var source = _waiters[index].Source;
        _waiters.RemoveAt(index);
        return source;
    }
}
