using Dapr.Embedded.Workflows.Engine;

namespace Dapr.Embedded.Workflows.Shell;

/// <summary>Calls that wait until an instance looks as they want it. Guarded by the engine's lock.</summary>
internal sealed class Waiters
{
    private readonly Dictionary<string, List<Waiter>> byInstance = [];

    /// <summary>Completes with the first view (null: the instance is gone) that fits.</summary>
    public Waiter Add(string instanceId, Func<InstanceView?, bool> fits)
    {
        var waiter = new Waiter(instanceId, fits);
        if (!byInstance.TryGetValue(instanceId, out var all))
            byInstance.Add(instanceId, all = []);
        all.Add(waiter);
        return waiter;
    }

    public void Remove(Waiter waiter)
    {
        if (byInstance.TryGetValue(waiter.InstanceId, out var all) && all.Remove(waiter) && all.Count == 0)
            byInstance.Remove(waiter.InstanceId);
    }

    public void Show(string instanceId, InstanceView? view)
    {
        if (!byInstance.TryGetValue(instanceId, out var all))
            return;
        all.RemoveAll(waiter => waiter.TrySee(view));
        if (all.Count == 0)
            byInstance.Remove(instanceId);
    }

    internal sealed class Waiter(string instanceId, Func<InstanceView?, bool> fits)
    {
        private readonly TaskCompletionSource<InstanceView?> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string InstanceId => instanceId;

        public Task<InstanceView?> Seen => seen.Task;

        public bool TrySee(InstanceView? view) => fits(view) && seen.TrySetResult(view);
    }
}
