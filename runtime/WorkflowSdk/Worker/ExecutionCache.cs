namespace Dapr.Workflow.Worker;

/// <summary>
/// Executions that wait for their next turn on one work stream, the longest unused giving way first. An execution is in here only between
/// turns: who takes one out owns it. When the stream is over nothing is kept, since the runtime then knows of nothing that is held.
/// </summary>
internal sealed class ExecutionCache(int maxInstances, int maxEvents) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<(string InstanceId, LiveExecution Kept)>> _byId = new(StringComparer.Ordinal);
    private readonly LinkedList<(string InstanceId, LiveExecution Kept)> _byUse = [];
    private long _events;
    private bool _isOver;

    /// <summary>Takes an instance's execution out; null where there is none.</summary>
    public LiveExecution? Take(string instanceId)
    {
        lock (_gate)
            return _byId.TryGetValue(instanceId, out var node) ? Remove(node) : null;
    }

    /// <summary>Keeps an execution until the next turn. Those that have to give way, it among them when the stream is over, are disposed.</summary>
    public async ValueTask PutAsync(string instanceId, LiveExecution kept)
    {
        List<LiveExecution>? unwanted = null;
        lock (_gate)
        {
            if (_isOver)
            {
                (unwanted = []).Add(kept);
            }
            else
            {
                if (_byId.TryGetValue(instanceId, out var before))
                    (unwanted = []).Add(Remove(before));
                _byId.Add(instanceId, _byUse.AddLast((instanceId, kept)));
                _events += kept.Execution.PlayedEvents;
                while (_byUse.Count > maxInstances || (_events > maxEvents && _byUse.Count > 1))
                    (unwanted ??= []).Add(Remove(_byUse.First!));
            }
        }

        foreach (var each in unwanted ?? [])
            await each.DisposeAsync();
    }

    /// <summary>Disposes all, and from now on what is put in.</summary>
    public async ValueTask DisposeAsync()
    {
        LiveExecution[] all;
        lock (_gate)
        {
            _isOver = true;
            all = [.. _byUse.Select(each => each.Kept)];
            _byUse.Clear();
            _byId.Clear();
        }

        foreach (var each in all)
            await each.DisposeAsync();
    }

    private LiveExecution Remove(LinkedListNode<(string InstanceId, LiveExecution Kept)> node)
    {
        _byUse.Remove(node);
        _byId.Remove(node.Value.InstanceId);
        _events -= node.Value.Kept.Execution.PlayedEvents;
        return node.Value.Kept;
    }
}
