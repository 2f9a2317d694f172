using Dapr.Embedded.Workflows.Dispatch;
using Dapr.Embedded.Workflows.Engine;
using Dapr.Embedded.Workflows.Store;

namespace Dapr.Embedded.Workflows.Shell;

/// <summary>
/// Instances in memory, loaded when they are asked for; idle ones give way, the longest unused first. Guarded by the engine's lock.
/// </summary>
internal sealed class InstanceTable(WorkflowStore store)
{
    private const int Capacity = 2048;
    private const int Looked = 8;
    private readonly Dictionary<string, LiveInstance> byId = [];
    private readonly LinkedList<LiveInstance> byUse = [];
    private long lastKey = store.LastKey();

    /// <summary>The instance, null when there is none.</summary>
    public LiveInstance? Find(string instanceId)
    {
        if (byId.TryGetValue(instanceId, out var live))
        {
            Touch(live);
            return live.Purged ? null : live;
        }
        return store.Load(instanceId) is { } stored ? Add(Restore(stored)) : null;
    }

    /// <summary>The instance if it is in memory.</summary>
    public LiveInstance? InMemory(string instanceId) => byId.TryGetValue(instanceId, out var live) && !live.Purged ? live : null;

    public LiveInstance Create(string instanceId)
    {
        if (byId.Remove(instanceId, out var before) && before.Node is { } node)
            byUse.Remove(node);
        return Add(new LiveInstance(++lastKey, new InstanceState(instanceId), 0));
    }

    /// <summary>Called when the deletion of a purged instance is on disk.</summary>
    public void Forget(LiveInstance live)
    {
        if (byId.TryGetValue(live.Id, out var known) && known == live)
            byId.Remove(live.Id);
        if (live.Node is { List: not null } node)
            byUse.Remove(node);
    }

    private LiveInstance Add(LiveInstance live)
    {
        byId[live.Id] = live;
        live.Node = byUse.AddLast(live);
        if (byId.Count > Capacity)
            MakeRoom();
        return live;
    }

    private void MakeRoom()
    {
        var node = byUse.First;
        for (var looked = 0; looked < Looked && node is not null && byId.Count > Capacity; looked++)
        {
            var next = node.Next;
            if (node.Value.IsIdle && node != byUse.Last)
                Forget(node.Value);
            else
                Touch(node.Value);
            node = next;
        }
    }

    private void Touch(LiveInstance live)
    {
        if (live.Node is not { List: not null } node || node == byUse.Last)
            return;
        byUse.Remove(node);
        byUse.AddLast(node);
    }

    private static LiveInstance Restore(StoredInstance stored)
    {
        var state = new InstanceState(stored.InstanceId);
        foreach (var record in stored.Records)
            state.Apply(record);
        return new LiveInstance(stored.Key, state, stored.NextPosition)
        {
            Published = InstanceView.Of(state),
            OpenInStore = !state.IsOver || state.Outbox.Count > 0,
        };
    }
}
