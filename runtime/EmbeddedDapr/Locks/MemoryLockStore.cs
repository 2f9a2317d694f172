namespace Dapr.Embedded.Locks;

/// <summary>
/// lock.in-memory: the locks of this process, shared by the sidecars that name the component alike. daprd has no such type; it saves tests a Redis.
/// </summary>
internal sealed class MemoryLockStore(MemoryLocks locks) : ILockStore
{
    public IReadOnlyList<string> Capabilities => [];

    public Task<bool> TryLockAsync(string resource, string owner, TimeSpan expiry, CancellationToken cancellationToken) =>
        Task.FromResult(locks.TryLock(resource, owner, expiry));

    public Task<UnlockOutcome> UnlockAsync(string resource, string owner, CancellationToken cancellationToken) =>
        Task.FromResult(locks.Unlock(resource, owner));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>The locks behind lock.in-memory.</summary>
internal sealed class MemoryLocks(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, (string Owner, DateTimeOffset Expires)> held = new(StringComparer.Ordinal);

    public bool TryLock(string resource, string owner, TimeSpan expiry)
    {
        var now = time.GetUtcNow();
        lock (gate)
        {
            if (held.TryGetValue(resource, out var present) && present.Expires > now)
                return false;
            held[resource] = (owner, now + expiry);
            return true;
        }
    }

    public UnlockOutcome Unlock(string resource, string owner)
    {
        var now = time.GetUtcNow();
        lock (gate)
        {
            if (!held.TryGetValue(resource, out var present) || present.Expires <= now)
                return UnlockOutcome.NoSuchLock;
            if (present.Owner != owner)
                return UnlockOutcome.OtherOwner;
            held.Remove(resource);
            return UnlockOutcome.Done;
        }
    }
}
