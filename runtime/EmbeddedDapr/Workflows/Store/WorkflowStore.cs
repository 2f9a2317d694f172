using Dapr.Embedded.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.Workflows.Store;

/// <summary>
/// The log of all instances of one app in one SQLite file. Whatever has queued up becomes one transaction, so that the turns of many
/// instances share one fsync. Units are written in the order in which they were given. When the disk refuses, it is asked again until it
/// takes them: nothing is acknowledged meanwhile, and no later unit overtakes.
/// </summary>
internal sealed class WorkflowStore : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly SqliteDatabase database;
    private readonly Coalescer<StoreUnit> units;
    private readonly CancellationTokenSource stopping = new();
    private readonly ILogger log;

    /// <summary>Of the writing connection; used by the writer alone, inside its transactions.</summary>
    private Statements? statements;

    /// <param name="path">File, or null for a store that lives as long as this object.</param>
    /// <param name="log">Told when the disk refuses.</param>
    /// <exception cref="InvalidDataException">The file was written by another version.</exception>
    public WorkflowStore(string? path, ILogger log)
    {
        this.log = log;
        database = new SqliteDatabase(
            path ?? ":memory:",
            TimeSpan.FromSeconds(30),
            wal: true,
            prepare: connection => Schema.Prepare(connection, path)
        );
        units = new Coalescer<StoreUnit>(WriteAsync, () => Task.CompletedTask);
    }

    public void Enqueue(StoreUnit unit) => _ = units.AddAsync([unit]);

    public StoredInstance? Load(string instanceId) => database.Read(connection => StoreReads.Load(connection, instanceId));

    /// <summary>Ids of instances that the engine has to go on with, oldest first, after a key.</summary>
    public IReadOnlyList<(long Key, string InstanceId)> List(bool openOnly, long after, int limit) =>
        database.Read(connection => StoreReads.List(connection, openOnly, after, limit));

    /// <summary>The largest row key, 0 in an empty store.</summary>
    public long LastKey() => database.Read(StoreReads.LastKey);

    /// <summary>Ends when all that was given is written, or the disk refuses it.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await units.IdleAsync().ConfigureAwait(false);
        statements?.Dispose();
        await database.DisposeAsync().ConfigureAwait(false);
        stopping.Dispose();
    }

    private async Task WriteAsync(IReadOnlyList<StoreUnit> batch)
    {
        while (!await TryWriteAsync(batch).ConfigureAwait(false))
            await Task.Delay(Pause, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>False when the disk refused and is to be asked again.</summary>
    private async Task<bool> TryWriteAsync(IReadOnlyList<StoreUnit> batch)
    {
        try
        {
            await database
                .WriteAsync(
                    connection =>
                    {
                        (statements ??= new Statements(connection)).Write(batch);
                        return batch.Count;
                    },
                    CancellationToken.None
                )
                .ConfigureAwait(false);
        }
        catch (SqliteException failure) when (!stopping.IsCancellationRequested)
        {
            log.LogError(
                failure,
                "workflow store: {Units} changes could not be written; trying again in {Seconds} s",
                batch.Count,
                Pause.TotalSeconds
            );
            return false;
        }
        catch (Exception failure) when (failure is SqliteException or ObjectDisposedException)
        {
            foreach (var unit in batch)
                unit.Fail(new ObjectDisposedException("the runtime stopped before the change was on disk", failure));
            return true;
        }
        catch (Exception bug)
        {
            log.LogCritical(bug, "workflow store: {Units} changes cannot be written, whatever the disk does", batch.Count);
            foreach (var unit in batch)
                unit.Fail(bug);
            return true;
        }
        foreach (var unit in batch)
            Acknowledge(unit);
        return true;
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
}
