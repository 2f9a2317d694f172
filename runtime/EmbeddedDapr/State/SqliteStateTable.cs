using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Dapr.Embedded.Resources;
using Dapr.Embedded.Storage;
using Microsoft.Data.Sqlite;

namespace Dapr.Embedded.State;

/// <summary>The statements of one state table.</summary>
internal sealed partial class SqliteStateTable
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
    private readonly string table;

    /// <exception cref="ResourceException">The name is no plain identifier.</exception>
    public SqliteStateTable(string table) =>
        this.table = Identifier().IsMatch(table)
            ? table
            : throw new ResourceException($"metadata tableName is \"{table}\", expected letters, digits and underscores");

    public int Create(SqliteConnection connection) =>
        SqliteDatabase.Execute(
            connection,
            $"""
            CREATE TABLE IF NOT EXISTS {table} (
              key TEXT NOT NULL PRIMARY KEY,
              value TEXT NOT NULL,
              is_binary BOOLEAN NOT NULL,
              etag TEXT NOT NULL,
              creation_time TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
              expiration_time TIMESTAMP DEFAULT NULL,
              update_time TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)
            """
        );

    public StateEntry? Get(SqliteConnection connection, string key, DateTimeOffset now)
    {
        using var command = SqliteDatabase.Prepare(
            connection,
            $"SELECT value, is_binary, etag, expiration_time FROM {table} WHERE key = $key AND (expiration_time IS NULL OR expiration_time > $now)",
            ("$key", key),
            ("$now", Text(now))
        );
        using var row = command.ExecuteReader();
        if (!row.Read())
            return null;
        var text = row.GetString(0);
        var value = row.GetBoolean(1) ? Convert.FromBase64String(text) : Encoding.UTF8.GetBytes(text);
        return new StateEntry(value, row.GetString(2), row.IsDBNull(3) ? null : Time(row.GetString(3)));
    }

    public void Put(SqliteConnection connection, string key, byte[] value, DateTimeOffset? expires, DateTimeOffset now)
    {
        var (text, binary) = AsText(value);
        SqliteDatabase.Execute(
            connection,
            $"""
            INSERT INTO {table} (key, value, is_binary, etag, expiration_time, creation_time, update_time)
            VALUES ($key, $value, $binary, $etag, $expires, $now, $now)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value, is_binary = excluded.is_binary, etag = excluded.etag,
              expiration_time = excluded.expiration_time, update_time = excluded.update_time
            """,
            ("$key", key),
            ("$value", text),
            ("$binary", binary),
            ("$etag", Guid.NewGuid().ToString()),
            ("$expires", expires is { } at ? Text(at) : null),
            ("$now", Text(now))
        );
    }

    public void Delete(SqliteConnection connection, string key) =>
        SqliteDatabase.Execute(connection, $"DELETE FROM {table} WHERE key = $key", ("$key", key));

    public int DeleteExpired(SqliteConnection connection, DateTimeOffset now) =>
        SqliteDatabase.Execute(connection, $"DELETE FROM {table} WHERE expiration_time <= $now", ("$now", Text(now)));

    private static (string Text, bool Binary) AsText(byte[] value)
    {
        try
        {
            var text = StrictUtf8.GetString(value);
            // A NUL inside would end the text for other readers of the file.
            return text.Contains('\0', StringComparison.Ordinal) ? (Convert.ToBase64String(value), true) : (text, false);
        }
        catch (DecoderFallbackException)
        {
            return (Convert.ToBase64String(value), true);
        }
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex Identifier();
}
