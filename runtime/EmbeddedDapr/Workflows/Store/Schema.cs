using Dapr.Embedded.Storage;
using Microsoft.Data.Sqlite;

namespace Dapr.Embedded.Workflows.Store;

/// <summary>
/// Two tables. "instances": one row an instance, key growing with creation, open while the engine has work with it. "log": its records in
/// order; everything else (history, inbox, outstanding activities and timers) is their fold.
/// </summary>
internal static class Schema
{
    private const int Version = 1;

    /// <exception cref="InvalidDataException">The file was written by another version.</exception>
    public static void Prepare(SqliteConnection connection, string? path)
    {
        SqliteDatabase.Execute(connection, "PRAGMA wal_autocheckpoint=4000");
        SqliteDatabase.Execute(connection, "PRAGMA cache_size=-16384");
        Create(connection, path);
    }

    private static void Create(SqliteConnection connection, string? path)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        var version = Convert.ToInt32(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
        if (version == Version)
            return;
        if (version != 0)
            throw new InvalidDataException($"{path}: workflow store of version {version}; this runtime reads version {Version}");
        SqliteDatabase.Execute(
            connection,
            """
            BEGIN IMMEDIATE;
            CREATE TABLE IF NOT EXISTS instances (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, open INTEGER NOT NULL);
            CREATE INDEX IF NOT EXISTS open_instances ON instances (key) WHERE open = 1;
            CREATE TABLE IF NOT EXISTS log (
              instance INTEGER NOT NULL, position INTEGER NOT NULL, kind INTEGER NOT NULL, taken INTEGER NOT NULL,
              custom_status TEXT, events BLOB NOT NULL, outbox BLOB, PRIMARY KEY (instance, position)) WITHOUT ROWID;
            PRAGMA user_version = 1;
            COMMIT;
            """
        );
    }
}
