using Dapr.Embedded.Components;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Resources;
using Dapr.Embedded.Storage;
using Microsoft.Data.Sqlite;

namespace Dapr.Embedded.State;

/// <summary>
/// state.sqlite: a table with the columns of daprd's (key, value, is_binary, etag, expiration_time …). Text goes in as it is, anything
/// that is no UTF-8 as base64. Writes of several callers that meet share one commit.
/// </summary>
internal sealed class SqliteStateStore : IStateStore
{
    private const string Mismatch = "possible etag mismatch. error from state store";
    private readonly SqliteDatabase database;
    private readonly SqliteStateTable table;
    private readonly TimeProvider time;
    private readonly ITimer? cleanup;

    private SqliteStateStore(SqliteDatabase database, SqliteStateTable table, TimeProvider time, TimeSpan cleanupInterval)
    {
        (this.database, this.table, this.time) = (database, table, time);
        if (cleanupInterval > TimeSpan.Zero)
            cleanup = time.CreateTimer(_ => RemoveExpired(), null, cleanupInterval, cleanupInterval);
    }

    public IReadOnlyList<string> Capabilities { get; } = ["ETAG", "TRANSACTIONAL", "TTL", "ACTOR"];

    /// <exception cref="ResourceException">The metadata is wrong or the file cannot be opened.</exception>
    public static async Task<SqliteStateStore> OpenAsync(ComponentSpec spec, SidecarContext context, CancellationToken cancellationToken)
    {
        var path = Path(spec.Metadata.Required("connectionString"));
        if (path != ":memory:" && System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) is { } folder)
            Directory.CreateDirectory(folder);
        var table = new SqliteStateTable(spec.Metadata.Text("tableName") ?? "state");
        var busyTimeout = spec.Metadata.Duration("busyTimeout", TimeSpan.FromSeconds(2));
        var wal = !spec.Metadata.Flag("disableWAL", false);
        var name = path == ":memory:" ? $"sqlite:memory:{spec.Name}" : $"sqlite:{System.IO.Path.GetFullPath(path)}";
        var database = context.Shared.GetOrAdd(name, () => new SqliteDatabase(path, busyTimeout, wal));
        await database.WriteAsync(table.Create, cancellationToken).ConfigureAwait(false);
        return new SqliteStateStore(database, table, context.Time, spec.Metadata.Duration("cleanupInterval", TimeSpan.Zero));
    }

    public Task<IReadOnlyList<StateEntry?>> GetAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return Task.FromResult(database.Read<IReadOnlyList<StateEntry?>>(connection => [.. keys.Select(key => table.Get(connection, key, now))]));
    }

    public Task WriteAsync(StateWrite write, CancellationToken cancellationToken) => TransactAsync([write], cancellationToken);

    public Task TransactAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return database.WriteAsync(
            connection =>
            {
                foreach (var write in writes)
                    Apply(connection, write, now);
                return true;
            },
            cancellationToken
        );
    }

    public async ValueTask DisposeAsync()
    {
        // The database is shared by the sidecars of the process that use the same file, and closed with the runtime.
        if (cleanup is not null)
            await cleanup.DisposeAsync().ConfigureAwait(false);
    }

    private void Apply(SqliteConnection connection, StateWrite write, DateTimeOffset now)
    {
        if (write.ETag is not null || write.FirstWrite)
        {
            var present = table.Get(connection, write.Key, now);
            if (write.ETag is not null ? present?.ETag != write.ETag : present is not null)
                throw new StateStoreException(StateRefusal.ETagMismatch, Mismatch);
        }
        if (write.Value is null)
            table.Delete(connection, write.Key);
        else
            table.Put(connection, write.Key, write.Value, now + write.Ttl, now);
    }

    /// <summary>Takes a path, a "file:" URI with or without options, or ":memory:".</summary>
    private static string Path(string connectionString)
    {
        var path = connectionString.StartsWith("file:", StringComparison.Ordinal) ? connectionString[5..] : connectionString;
        var options = path.IndexOf('?', StringComparison.Ordinal);
        return options < 0 ? path : path[..options];
    }

    private void RemoveExpired() => _ = database.WriteAsync(connection => table.DeleteExpired(connection, time.GetUtcNow()), CancellationToken.None);
}
