using Dapr.Embedded.Storage;
using Microsoft.Data.Sqlite;

namespace Dapr.Embedded.PubSub.Brokers.Sqlite;

/// <summary>
/// Deletes what nobody needs: messages that all consumers of their topic are done with, messages of a topic without consumers after an
/// hour (a subscriber that starts late still gets them), and after a week those of consumers that never came back.
/// </summary>
internal static class BrokerCleaning
{
    /// <summary>Messages that one transaction deletes at most.</summary>
    public const int Step = 5000;

    private const long HourMilliseconds = 3_600_000;

    public static List<string> Topics(SqliteConnection connection)
    {
        using var command = SqliteDatabase.Prepare(connection, "SELECT DISTINCT topic FROM messages");
        using var rows = command.ExecuteReader();
        var topics = new List<string>();
        while (rows.Read())
            topics.Add(rows.GetString(0));
        return topics;
    }

    /// <summary>The number of messages deleted; less than <see cref="Step"/> when there are no more.</summary>
    public static int CleanTopic(SqliteConnection connection, string topic, long now)
    {
        var done = SqliteDatabase.Execute(
            connection,
            """
            DELETE FROM messages WHERE id IN (
              SELECT m.id FROM messages m
              WHERE m.topic = $topic AND m.id <= (SELECT min(position) FROM consumers WHERE topic = $topic)
                AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.topic = $topic AND m.id BETWEEN c.first AND c.last)
                AND NOT EXISTS (SELECT 1 FROM retries r WHERE r.topic = $topic AND r.id = m.id)
              LIMIT $step)
            """,
            ("$topic", topic),
            ("$step", Step)
        );
        if (done == Step)
            return done;
        using var count = SqliteDatabase.Prepare(connection, "SELECT count(*) FROM consumers WHERE topic = $topic", ("$topic", topic));
        var hours = count.ExecuteScalar() is 0L ? 1 : 7 * 24;
        var old = SqliteDatabase.Execute(
            connection,
            "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE topic = $topic ORDER BY id LIMIT $step) AND published < $oldest",
            ("$topic", topic),
            ("$step", Step),
            ("$oldest", now - hours * HourMilliseconds)
        );
        if (old > 0)
            SqliteDatabase.Execute(
                connection,
                "DELETE FROM retries WHERE topic = $topic AND id NOT IN (SELECT id FROM messages WHERE topic = $topic)",
                ("$topic", topic)
            );
        return old;
    }
}
