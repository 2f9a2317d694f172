using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Dapr.Embedded.Storage;

/// <summary>
/// One SQLite file: a single writer that commits whatever has queued up in one transaction (so that many small durable writes share one
/// fsync) and pooled readers. In WAL mode with synchronous=FULL a write is on disk when its task completes.
/// </summary>
internal sealed class SqliteDatabase : IAsyncDisposable
{
    private const int LargestBatch = 512;
    private readonly string connectionString;
    private readonly SqliteConnection writer;
    private readonly ConcurrentBag<SqliteConnection> readers = [];
    private readonly Channel<Write> queue = Channel.CreateUnbounded<Write>(new UnboundedChannelOptions { SingleReader = true });
    private readonly bool shared;
    private readonly Task loop;

    /// <param name="dataSource">A path, or ":memory:" for a database that lives as long as this object.</param>
    /// <param name="busyTimeout">How long to wait for another process that writes.</param>
    /// <param name="wal">False keeps SQLite's rollback journal.</param>
    /// <param name="survivesPowerLoss">False leaves the flushing to the system: a write then survives the death of the process, not that of the machine.</param>
    public SqliteDatabase(string dataSource, TimeSpan busyTimeout, bool wal, bool survivesPowerLoss = true)
    {
        shared = dataSource == ":memory:";
        connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = shared ? $"memory-{Guid.NewGuid():N}" : dataSource,
            Mode = shared ? SqliteOpenMode.Memory : SqliteOpenMode.ReadWriteCreate,
            Cache = shared ? SqliteCacheMode.Shared : SqliteCacheMode.Private,
            Pooling = false,
            DefaultTimeout = Math.Max(1, (int)busyTimeout.TotalSeconds),
        }.ToString();
        writer = Open(busyTimeout);
        try
        {
            if (!shared && wal)
                Execute(writer, "PRAGMA journal_mode=WAL");
            Execute(writer, survivesPowerLoss ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
        }
        catch
        {
            writer.Dispose();
            throw;
        }
        loop = Task.Run(WriteLoopAsync);
    }

    /// <summary>Runs <paramref name="work"/> inside a transaction of the writer; an exception undoes this work alone.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var write = new Write<T>(work);
        return queue.Writer.TryWrite(write)
            ? write.Done.Task
            : Task.FromException<T>(new ObjectDisposedException(nameof(SqliteDatabase)));
    }

    /// <summary>Runs <paramref name="work"/> on a reading connection of its own; it sees every write that was acknowledged.</summary>
    public T Read<T>(Func<SqliteConnection, T> work)
    {
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

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await loop.ConfigureAwait(false);
        while (readers.TryTake(out var reader))
            reader.Dispose();
        writer.Dispose();
    }

    private SqliteConnection Open(TimeSpan busyTimeout)
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        Execute(connection, $"PRAGMA busy_timeout={(int)busyTimeout.TotalMilliseconds}");
        if (shared)
            Execute(connection, "PRAGMA read_uncommitted=0");
        return connection;
    }

    private async Task WriteLoopAsync()
    {
        var batch = new List<Write>();
        while (await queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < LargestBatch && queue.Reader.TryRead(out var write))
                batch.Add(write);
            Commit(batch);
        }
    }

    private void Commit(List<Write> batch)
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
        }
        catch (SqliteException failure)
        {
            Undo();
            foreach (var write in batch)
                write.Fail(failure);
            return;
        }
        foreach (var write in batch)
            write.Complete();
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
