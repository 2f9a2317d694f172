namespace Dapr.Embedded.Storage;

/// <summary>One change of a commit: a value to put, or null to delete the key.</summary>
internal readonly record struct StoreChange(string Key, byte[]? Value);

/// <summary>A key and its bytes.</summary>
internal readonly record struct StoreEntry(string Key, byte[] Value);

/// <summary>
/// Ordered keys and bytes, the one place where the runtime keeps what must survive a restart (queued messages, workflows).
/// Keys compare by ordinal UTF-8 order. Several callers may use it at once; a commit is all or nothing, and is on disk (or, for a store
/// without a folder, in memory) when its task completes.
/// </summary>
internal interface IDurableStore
{
    /// <summary>The value of a key, null when there is none.</summary>
    ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>Entries whose key begins with <paramref name="prefix"/> and is greater than <paramref name="after"/> (null: from the first), in key order.</summary>
    ValueTask<IReadOnlyList<StoreEntry>> ScanAsync(string prefix, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Applies all changes or none; of several changes to one key the last counts.</summary>
    Task CommitAsync(IReadOnlyList<StoreChange> changes, CancellationToken cancellationToken);
}
