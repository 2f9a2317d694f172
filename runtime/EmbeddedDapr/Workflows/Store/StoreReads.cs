using Dapr.Embedded.Workflows.Engine;
using Microsoft.Data.Sqlite;

namespace Dapr.Embedded.Workflows.Store;

/// <summary>The queries of the workflow store.</summary>
internal static class StoreReads
{
    public static StoredInstance? Load(SqliteConnection connection, string instanceId)
    {
        using var find = Command(connection, "SELECT key FROM instances WHERE id = $id", ("$id", instanceId));
        if (find.ExecuteScalar() is not long key)
            return null;
        using var read = Command(
            connection,
            "SELECT position, kind, taken, custom_status, events, outbox FROM log WHERE instance = $key ORDER BY position",
            ("$key", key)
        );
        using var rows = read.ExecuteReader();
        var records = new List<LogRecord>();
        var next = 0L;
        while (rows.Read())
        {
            next = rows.GetInt64(0) + 1;
            records.Add(
                RecordCodec.Read(
                    rows.GetInt32(1),
                    rows.GetInt32(2),
                    rows.IsDBNull(3) ? null : rows.GetString(3),
                    (byte[])rows[4],
                    rows.IsDBNull(5) ? null : (byte[])rows[5]
                )
            );
        }
        return new StoredInstance(key, instanceId, next, records);
    }

    public static IReadOnlyList<(long Key, string InstanceId)> List(SqliteConnection connection, bool openOnly, long after, int limit)
    {
        var sql = $"SELECT key, id FROM instances WHERE key > $after {(openOnly ? "AND open = 1" : "")} ORDER BY key LIMIT $limit";
        using var read = Command(connection, sql, ("$after", after), ("$limit", limit));
        using var rows = read.ExecuteReader();
        var found = new List<(long, string)>();
        while (rows.Read())
            found.Add((rows.GetInt64(0), rows.GetString(1)));
        return found;
    }

    public static long LastKey(SqliteConnection connection)
    {
        using var read = Command(connection, "SELECT max(key) FROM instances");
        return read.ExecuteScalar() is long key ? key : 0;
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value);
        return command;
    }
}
