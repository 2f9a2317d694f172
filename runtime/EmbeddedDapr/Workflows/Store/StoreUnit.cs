using Dapr.Embedded.Workflows.Engine;

namespace Dapr.Embedded.Workflows.Store;

/// <summary>One row to write or rows to delete.</summary>
internal abstract record StoreWrite
{
    public sealed record Insert(long Key, string InstanceId) : StoreWrite;

    /// <summary>Appends to the log. Open says whether the instance needs the engine after a restart, null when that did not change.</summary>
    public sealed record Append(long Key, long Position, LogRecord Record, bool? Open) : StoreWrite;

    /// <summary>Deletes the log before a position; the rest stands for itself.</summary>
    public sealed record Trim(long Key, long Before) : StoreWrite;

    public sealed record Delete(long Key) : StoreWrite;
}

/// <summary>Writes that are on disk together or not at all, and what happens when they are.</summary>
internal sealed class StoreUnit
{
    private readonly TaskCompletionSource durable = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<StoreWrite> Writes { get; } = [];

    /// <summary>Called in the order of commits, before <see cref="Durable"/> completes.</summary>
    public Action? OnDurable { get; set; }

    public Task Durable => durable.Task;

    public void Complete() => durable.SetResult();

    public void Fail(Exception failure) => durable.TrySetException(failure);
}

/// <summary>An instance as the store has it.</summary>
/// <param name="Key">Row key, growing with creation.</param>
/// <param name="NextPosition">Position of the next record.</param>
/// <param name="Records">Its log.</param>
internal sealed record StoredInstance(long Key, string InstanceId, long NextPosition, IReadOnlyList<LogRecord> Records);
