using Microsoft.Data.Sqlite;

namespace Dapr.Embedded.Workflows.Store;

/// <summary>The prepared statements of the writing connection.</summary>
internal sealed class Statements : IDisposable
{
    private readonly SqliteCommand insert,
        append,
        setOpen,
        trim,
        deleteLog,
        deleteInstance;

    public Statements(SqliteConnection connection)
    {
        insert = Prepare(connection, "INSERT INTO instances (key, id, open) VALUES ($a, $b, 1)", "$a", "$b");
        append = Prepare(
            connection,
            "INSERT INTO log (instance, position, kind, taken, custom_status, events, outbox) VALUES ($a, $b, $c, $d, $e, $f, $g)",
            "$a",
            "$b",
            "$c",
            "$d",
            "$e",
            "$f",
            "$g"
        );
        setOpen = Prepare(connection, "UPDATE instances SET open = $b WHERE key = $a", "$a", "$b");
        trim = Prepare(connection, "DELETE FROM log WHERE instance = $a AND position < $b", "$a", "$b");
        deleteLog = Prepare(connection, "DELETE FROM log WHERE instance = $a", "$a");
        deleteInstance = Prepare(connection, "DELETE FROM instances WHERE key = $a", "$a");
    }

    public void Write(IReadOnlyList<StoreUnit> batch)
    {
        foreach (var unit in batch)
        {
            foreach (var write in unit.Writes)
                Write(write);
        }
    }

    public void Dispose()
    {
        foreach (var command in new[] { insert, append, setOpen, trim, deleteLog, deleteInstance })
            command.Dispose();
    }

    private void Write(StoreWrite write)
    {
        switch (write)
        {
            case StoreWrite.Insert row:
                Run(insert, row.Key, row.InstanceId);
                break;
            case StoreWrite.Append row:
                var record = row.Record;
                Run(
                    append,
                    row.Key,
                    row.Position,
                    (int)record.Kind,
                    record.Taken,
                    record.CustomStatus,
                    RecordCodec.Events(record),
                    RecordCodec.Outbox(record)
                );
                if (row.Open is { } open)
                    Run(setOpen, row.Key, open ? 1 : 0);
                break;
            case StoreWrite.Trim row:
                Run(trim, row.Key, row.Before);
                break;
            case StoreWrite.Delete row:
                Run(deleteLog, row.Key);
                Run(deleteInstance, row.Key);
                break;
        }
    }

    private static void Run(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Prepare(SqliteConnection connection, string sql, params ReadOnlySpan<string> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in parameters)
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        return command;
    }
}
