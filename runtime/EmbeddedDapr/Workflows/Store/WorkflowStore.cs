using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.Workflows.Store;

/// <summary>
/// The log of all instances of one app in one SQLite file. A single thread writes; whatever has queued up becomes one transaction, so that
/// the turns of many instances share one fsync. Units are written in the order in which they were given. When the disk refuses, the
/// thread tries again until it works: nothing is acknowledged meanwhile, and no later unit overtakes.
/// </summary>
internal sealed class WorkflowStore : IAsyncDisposable
{
    private const int LargestBatch = 2000;
    private readonly SqliteConnection writer;
    private readonly SqliteConnection reader;
    private readonly Lock reading;
    private readonly Lock writing = new();
    private readonly ILogger log;
    private readonly object gate = new();
    private readonly Thread thread;
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<StoreUnit> pending = [];
    private bool stopping;

    /// <param name="path">File, or null for a store that lives as long as this object.</param>
    /// <param name="log">Told when the disk refuses.</param>
    public WorkflowStore(string? path, ILogger log)
    {
        this.log = log;
        writer = Schema.Open(path);
        // In memory there is one connection, so readers wait for the transaction that is being written.
        reader = path is null ? writer : Schema.Open(path);
        reading = path is null ? writing : new Lock();
        thread = new Thread(WriteLoop) { IsBackground = true, Name = "workflow store" };
        thread.Start();
    }

    public void Enqueue(StoreUnit unit)
    {
        lock (gate)
        {
            if (stopping)
            {
                unit.Fail(new ObjectDisposedException(nameof(WorkflowStore)));
                return;
            }
            pending.Enqueue(unit);
            Monitor.Pulse(gate);
        }
    }

    public StoredInstance? Load(string instanceId)
    {
        lock (reading)
            return StoreReads.Load(reader, instanceId);
    }

    /// <summary>Ids of instances that the engine has to go on with, oldest first, after a key.</summary>
    public IReadOnlyList<(long Key, string InstanceId)> List(bool openOnly, long after, int limit)
    {
        lock (reading)
            return StoreReads.List(reader, openOnly, after, limit);
    }

    /// <summary>The largest row key, 0 in an empty store.</summary>
    public long LastKey()
    {
        lock (reading)
            return StoreReads.LastKey(reader);
    }

    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            stopping = true;
            Monitor.Pulse(gate);
        }
        await stopped.Task.ConfigureAwait(false);
        writer.Dispose();
        if (reader != writer)
            reader.Dispose();
    }

    private void WriteLoop()
    {
        var batch = new List<StoreUnit>();
        using (var statements = new Statements(writer))
        {
            while (NextBatch(batch) && CommitPatiently(statements, batch))
            {
                foreach (var unit in batch)
                    Acknowledge(unit);
                batch.Clear();
            }
        }
        lock (gate)
        {
            foreach (var unit in batch.Concat(pending))
                unit.Fail(new ObjectDisposedException(nameof(WorkflowStore), "the runtime stopped before the change was on disk"));
            pending.Clear();
        }
        stopped.SetResult();
    }

    private void Acknowledge(StoreUnit unit)
    {
        try
        {
            unit.OnDurable?.Invoke();
        }
        catch (Exception bug)
        {
            // One instance's trouble must not stop the log of all.
            log.LogCritical(bug, "workflow store: a change is on disk, but what follows from it failed");
        }
        unit.Complete();
    }

    /// <summary>Tries until the batch is on disk; false when the store is stopped before that.</summary>
    private bool CommitPatiently(Statements statements, List<StoreUnit> batch)
    {
        while (!TryCommit(statements, batch))
        {
            lock (gate)
            {
                if (!stopping)
                    Monitor.Wait(gate, TimeSpan.FromSeconds(1));
                if (stopping)
                    return false;
            }
        }
        return true;
    }

    private bool NextBatch(List<StoreUnit> batch)
    {
        lock (gate)
        {
            while (pending.Count == 0)
            {
                if (stopping)
                    return false;
                Monitor.Wait(gate);
            }
            while (batch.Count < LargestBatch && pending.TryDequeue(out var unit))
                batch.Add(unit);
            return true;
        }
    }

    private bool TryCommit(Statements statements, List<StoreUnit> batch)
    {
        try
        {
            lock (writing)
                statements.Commit(batch);
            return true;
        }
        catch (SqliteException failure)
        {
            log.LogError(failure, "workflow store: {Units} changes could not be written; trying again in 1 s", batch.Count);
            return false;
        }
    }
}
