namespace Dapr.Embedded.Storage;

/// <summary>The durable store of a runtime without a data folder: same order, same atomicity, gone with the process.</summary>
internal sealed class MemoryStore : IDurableStore
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, byte[]> entries = new(StringComparer.Ordinal);
    private readonly SortedSet<string> keys = new(StringComparer.Ordinal);

    public ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken)
    {
        lock (gate)
            return ValueTask.FromResult(entries.GetValueOrDefault(key));
    }

    public ValueTask<IReadOnlyList<StoreEntry>> ScanAsync(string prefix, string? after, int limit, CancellationToken cancellationToken)
    {
        var first = after is null || string.CompareOrdinal(after, prefix) < 0 ? prefix : after;
        var found = new List<StoreEntry>();
        lock (gate)
        {
            foreach (var key in keys.GetViewBetween(first, prefix + '\uffff'))
            {
                if (found.Count >= limit)
                    break;
                if (key.StartsWith(prefix, StringComparison.Ordinal) && (after is null || string.CompareOrdinal(key, after) > 0))
                    found.Add(new StoreEntry(key, entries[key]));
            }
        }
        return ValueTask.FromResult<IReadOnlyList<StoreEntry>>(found);
    }

    public Task CommitAsync(IReadOnlyList<StoreChange> changes, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            foreach (var change in changes)
            {
                if (change.Value is null)
                {
                    entries.Remove(change.Key);
                    keys.Remove(change.Key);
                }
                else
                {
                    entries[change.Key] = change.Value;
                    keys.Add(change.Key);
                }
            }
        }
        return Task.CompletedTask;
    }
}
