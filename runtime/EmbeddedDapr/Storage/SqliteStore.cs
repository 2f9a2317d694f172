using Microsoft.Data.Sqlite;

namespace Dapr.Embedded.Storage;

/// <summary>The durable store of a runtime with a data folder: one table of keys and bytes in a SQLite file.</summary>
internal sealed class SqliteStore : IDurableStore, IAsyncDisposable
{
    private readonly SqliteDatabase database;

    private SqliteStore(SqliteDatabase database) => this.database = database;

    public static async Task<SqliteStore> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var database = new SqliteDatabase(path, TimeSpan.FromSeconds(5), wal: true);
        await database.WriteAsync(
            connection => SqliteDatabase.Execute(connection, "CREATE TABLE IF NOT EXISTS entries (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"),
            cancellationToken).ConfigureAwait(false);
        return new SqliteStore(database);
    }

    public ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken) =>
        ValueTask.FromResult(database.Read(connection =>
        {
            using var command = SqliteDatabase.Prepare(connection, "SELECT value FROM entries WHERE key = $key", ("$key", key));
            return command.ExecuteScalar() as byte[];
        }));

    public ValueTask<IReadOnlyList<StoreEntry>> ScanAsync(string prefix, string? after, int limit, CancellationToken cancellationToken) =>
        ValueTask.FromResult(database.Read(connection => Scan(connection, prefix, after, limit)));

    public Task CommitAsync(IReadOnlyList<StoreChange> changes, CancellationToken cancellationToken) =>
        database.WriteAsync(connection => Apply(connection, changes), cancellationToken);

    public ValueTask DisposeAsync() => database.DisposeAsync();

    private static IReadOnlyList<StoreEntry> Scan(SqliteConnection connection, string prefix, string? after, int limit)
    {
        using var command = SqliteDatabase.Prepare(
            connection,
            "SELECT key, value FROM entries WHERE key >= $prefix AND key < $end AND key > $after ORDER BY key LIMIT $limit",
            ("$prefix", prefix), ("$end", prefix + "\U0010FFFF"), ("$after", after ?? ""), ("$limit", limit));
        using var rows = command.ExecuteReader();
        var found = new List<StoreEntry>();
        while (rows.Read())
            found.Add(new StoreEntry(rows.GetString(0), (byte[])rows[1]));
        return found;
    }

    private static int Apply(SqliteConnection connection, IReadOnlyList<StoreChange> changes)
    {
        using var put = SqliteDatabase.Prepare(
            connection, "INSERT INTO entries (key, value) VALUES ($key, $value) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
        using var delete = SqliteDatabase.Prepare(connection, "DELETE FROM entries WHERE key = $key");
        put.Parameters.Add("$key", SqliteType.Text);
        put.Parameters.Add("$value", SqliteType.Blob);
        delete.Parameters.Add("$key", SqliteType.Text);
        foreach (var change in changes)
        {
            var command = change.Value is null ? delete : put;
            command.Parameters["$key"].Value = change.Key;
            if (change.Value is not null)
                put.Parameters["$value"].Value = change.Value;
            command.ExecuteNonQuery();
        }
        return changes.Count;
    }
}
