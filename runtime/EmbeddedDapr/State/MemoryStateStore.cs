namespace Dapr.Embedded.State;

/// <summary>state.in-memory: a dictionary, shared by the sidecars of the process that name the component alike. Etags are new UUIDs.</summary>
internal sealed class MemoryStateStore(MemoryRows rows) : IStateStore
{
    public IReadOnlyList<string> Capabilities { get; } = ["ETAG", "TRANSACTIONAL", "TTL", "ACTOR"];

    public Task<IReadOnlyList<StateEntry?>> GetAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        Task.FromResult(rows.Get(keys));

    public Task WriteAsync(StateWrite write, CancellationToken cancellationToken) => TransactAsync([write], cancellationToken);

    public Task TransactAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken)
    {
        rows.Apply(writes);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>The rows behind state.in-memory. Expired rows are gone for readers at once and are swept out on writes, at most once a second.</summary>
internal sealed class MemoryRows(TimeProvider time)
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private readonly Dictionary<string, StateEntry> rows = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, DateTimeOffset> expiring = new();
    private DateTimeOffset nextSweep = DateTimeOffset.MinValue;

    public IReadOnlyList<StateEntry?> Get(IReadOnlyList<string> keys)
    {
        var now = time.GetUtcNow();
        lock (gate)
            return [.. keys.Select(key => Live(key, now))];
    }

    public void Apply(IReadOnlyList<StateWrite> writes)
    {
        var now = time.GetUtcNow();
        lock (gate)
        {
            Sweep(now);
            var before = new List<(string Key, StateEntry? Row)>(writes.Count);
            try
            {
                foreach (var write in writes)
                {
                    var present = Live(write.Key, now);
                    Check(write, present);
                    before.Add((write.Key, present));
                    Put(write, now);
                }
            }
            catch (StateStoreException)
            {
                Undo(before);
                throw;
            }
        }
    }

    private static void Check(StateWrite write, StateEntry? present)
    {
        if (!string.IsNullOrEmpty(write.ETag))
        {
            if (present is null)
                throw Mismatch($"state not exist or expired for key={write.Key}");
            if (present.ETag != write.ETag)
                throw Mismatch($"state etag not match for key={write.Key}: current={present.ETag}, expect={write.ETag}");
        }
        else if (write.FirstWrite && present is not null)
        {
            throw Mismatch("item already exists and no etag was passed");
        }
    }

    private static StateStoreException Mismatch(string reason) =>
        new(StateRefusal.ETagMismatch, $"possible etag mismatch. error from state store: {reason}");

    private StateEntry? Live(string key, DateTimeOffset now) => rows.TryGetValue(key, out var row) && !(row.Expires <= now) ? row : null;

    private void Put(StateWrite write, DateTimeOffset now)
    {
        if (write.Value is null)
        {
            rows.Remove(write.Key);
            return;
        }
        var expires = now + write.Ttl;
        rows[write.Key] = new StateEntry(write.Value, Guid.NewGuid().ToString(), expires);
        if (expires is { } at)
            expiring.Enqueue(write.Key, at);
    }

    private void Undo(List<(string Key, StateEntry? Row)> before)
    {
        for (var i = before.Count - 1; i >= 0; i--)
        {
            if (before[i].Row is { } row)
                rows[before[i].Key] = row;
            else
                rows.Remove(before[i].Key);
        }
    }

    private void Sweep(DateTimeOffset now)
    {
        if (now < nextSweep)
            return;
        nextSweep = now + SweepInterval;
        while (expiring.TryPeek(out var key, out var at) && at <= now)
        {
            expiring.Dequeue();
            if (rows.TryGetValue(key, out var row) && row.Expires <= now)
                rows.Remove(key);
        }
    }
}
