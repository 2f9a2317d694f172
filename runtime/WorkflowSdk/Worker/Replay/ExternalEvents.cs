using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Worker.Replay;

/// <summary>Events raised at the instance and the code that waits for them; both in order, by name, ignoring case.</summary>
internal sealed class ExternalEvents
{
    private readonly List<HistoryEvent> _unclaimed = [];
    private readonly List<(string Name, TaskCompletionSource<HistoryEvent> Source)> _waiters = [];

    /// <summary>Events that nobody waited for.</summary>
    public IReadOnlyList<HistoryEvent> Unclaimed => _unclaimed;

    public bool AnyWaiter => _waiters.Exists(waiter => !waiter.Source.Task.IsCompleted);

    /// <summary>The oldest unclaimed event of the name.</summary>
    public bool TryTake(string name, out HistoryEvent taken)
    {
        var index = _unclaimed.FindIndex(each => IsNamed(each.EventRaised.Name, name));
        taken = index < 0 ? new HistoryEvent() : _unclaimed[index];
        if (index >= 0) _unclaimed.RemoveAt(index);
        return index >= 0;
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
        _waiters.RemoveAll(waiter => waiter.Source.Task.IsCompleted);
        var index = _waiters.FindIndex(waiter => IsNamed(waiter.Name, raised.EventRaised.Name));
        if (index < 0)
        {
            _unclaimed.Add(raised);
            return null;
        }

        var source = _waiters[index].Source;
        _waiters.RemoveAt(index);
        return source;
    }

    private static bool IsNamed(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
