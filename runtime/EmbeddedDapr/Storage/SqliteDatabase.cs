using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Dapr.Embedded.Storage;

/// <summary>
/// One SQLite file, the only way in which the runtime keeps things on disk: a single thread writes and commits whatever has queued up in one
/// transaction (so that many small durable writes share one fsync), in the order given; readers have connections of their own. In WAL mode
/// with synchronous=FULL a write is on disk when its task completes.
/// </summary>
internal sealed class SqliteDatabase : IAsyncDisposable
{
    private const int LargestBatch = 512;
    private const string InMemory = ":memory:";
    private readonly string connectionString;
    private readonly SqliteConnection writer;
    private readonly ConcurrentBag<SqliteConnection> readers = [];
    private readonly object gate = new();
    private readonly Queue<Write> pending = [];
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool isInMemory;
    private readonly Lock writing = new();
    private bool stopping;

    /// <param name="dataSource">A path, or ":memory:" for a database that lives as long as this object.</param>
    /// <param name="busyTimeout">How long to wait for another process that writes.</param>
    /// <param name="wal">False keeps SQLite's rollback journal.</param>
    /// <param name="survivesPowerLoss">
    /// False leaves the flushing to the system: a write then survives the death of the process, not that of the machine.
    /// </param>
    /// <param name="prepare">Sets up the writing connection and the tables before anything else is done.</param>
    public SqliteDatabase(string dataSource, TimeSpan busyTimeout, bool wal, bool survivesPowerLoss = true, Action<SqliteConnection>? prepare = null)
    {
        isInMemory = dataSource == InMemory;
        connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = dataSource,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = Math.Max(1, (int)busyTimeout.TotalSeconds),
        }.ToString();
        writer = Open(busyTimeout);
        try
        {
            if (!isInMemory && wal)
                Execute(writer, "PRAGMA journal_mode=WAL");
            Execute(writer, survivesPowerLoss ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
            prepare?.Invoke(writer);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
        new Thread(WriteLoop) { IsBackground = true, Name = $"sqlite {Path.GetFileName(dataSource)}" }.Start();
    }

    /// <summary>Runs <paramref name="work"/> inside a transaction of the writer; an exception undoes this work alone.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var write = new Write<T>(work);
        lock (gate)
        {
            if (stopping)
                return Task.FromException<T>(new ObjectDisposedException(nameof(SqliteDatabase)));
            pending.Enqueue(write);
            Monitor.Pulse(gate);
        }
        return write.Done.Task;
    }

    /// <summary>
    /// Runs <paramref name="work"/> on a reading connection of its own; it sees every write that was acknowledged. In memory there is one connection,
    /// and readers wait for the writer.
    /// </summary>
    public T Read<T>(Func<SqliteConnection, T> work)
    {
        if (isInMemory)
        {
            lock (writing)
                return work(writer);
        }
        if (!readers.TryTake(out var reader))
            reader = Open(TimeSpan.FromSeconds(5));
        try
        {
            return work(reader);
        }
        finally
        {
            readers.Add(reader);
        }
    }

    public static int Execute(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = Prepare(connection, sql, values);
        return command.ExecuteNonQuery();
    }

    public static SqliteCommand Prepare(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    /// <summary>Ends when all that was queued is written.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            stopping = true;
            Monitor.Pulse(gate);
        }
        await stopped.Task.ConfigureAwait(false);
        while (readers.TryTake(out var reader))
            reader.Dispose();
        writer.Dispose();
    }

    private SqliteConnection Open(TimeSpan busyTimeout)
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        Execute(connection, $"PRAGMA busy_timeout={(int)busyTimeout.TotalMilliseconds}");
        return connection;
    }

    private void WriteLoop()
    {
        var batch = new List<Write>();
        while (NextBatch(batch))
        {
            var failure = TryCommit(batch);
            foreach (var write in batch)
            {
                if (failure is null)
                    write.Complete();
                else
                    write.Fail(failure);
            }
            batch.Clear();
        }
        stopped.SetResult();
    }

    private bool NextBatch(List<Write> batch)
    {
        lock (gate)
        {
            while (pending.Count == 0)
            {
                if (stopping)
                    return false;
                Monitor.Wait(gate);
            }
            while (batch.Count < LargestBatch && pending.TryDequeue(out var write))
                batch.Add(write);
            return true;
        }
    }

    private SqliteException? TryCommit(List<Write> batch)
    {
        lock (writing)
        {
            try
            {
                Execute(writer, "BEGIN IMMEDIATE");
                foreach (var write in batch)
                {
                    Execute(writer, "SAVEPOINT one");
                    if (!write.Run(writer))
                        Execute(writer, "ROLLBACK TO one");
                    Execute(writer, "RELEASE one");
                }
                Execute(writer, "COMMIT");
                return null;
            }
            catch (SqliteException failure)
            {
                Undo();
                return failure;
            }
        }
    }

    private void Undo()
    {
        try
        {
            Execute(writer, "ROLLBACK");
        }
        catch (SqliteException)
        {
            // The transaction had not begun, or SQLite had undone it by itself.
        }
    }

    private abstract class Write
    {
        /// <summary>Runs the work; false when it failed and must be undone.</summary>
        public abstract bool Run(SqliteConnection connection);

        public abstract void Complete();

        public abstract void Fail(Exception failure);
    }

    private sealed class Write<T>(Func<SqliteConnection, T> work) : Write
    {
        private T? result;
        private Exception? failed;

        public TaskCompletionSource<T> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override bool Run(SqliteConnection connection)
        {
            try
            {
                result = work(connection);
                return true;
            }
            catch (Exception failure)
            {
                failed = failure;
                return false;
            }
        }

        public override void Complete()
        {
            if (failed is null)
                Done.SetResult(result!);
            else
                Done.SetException(failed);
        }

        public override void Fail(Exception failure) => Done.SetException(failed ?? failure);
    }
}
