using System.Text.Json;
using Dapr.Embedded.Storage;
using Microsoft.Data.Sqlite;

namespace Dapr.Embedded.PubSub.Brokers.Sqlite;

/// <summary>A consumer of a topic: apps with the same consumer share its messages.</summary>
internal readonly record struct ConsumerKey(string Topic, string Consumer);

/// <summary>A message that was claimed; claim is null when it came from the retries.</summary>
internal readonly record struct ClaimedMessage(long Id, BrokerMessage Message, int Delivery, string? Claim);

/// <summary>Writing, claiming and reading messages, each inside a transaction of the caller.</summary>
internal static class BrokerLog
{
    public static void Append(BrokerStatements statements, IEnumerable<BrokerMessage> messages, long now)
    {
        foreach (var message in messages)
            statements.Append(
                message.Topic,
                Bytes(message.Data),
                message.Metadata.Count == 0 ? null : JsonSerializer.Serialize(message.Metadata),
                now
            );
    }

    /// <summary>A new consumer begins with the oldest message that is kept.</summary>
    public static int AddConsumer(SqliteConnection connection, ConsumerKey key) =>
        SqliteDatabase.Execute(
            connection,
            "INSERT INTO consumers (topic, consumer, position) VALUES ($topic, $consumer, 0) ON CONFLICT DO NOTHING",
            ("$topic", key.Topic),
            ("$consumer", key.Consumer)
        );

    /// <summary>The id of the newest message there ever was.</summary>
    public static long LastId(SqliteConnection connection)
    {
        using var command = SqliteDatabase.Prepare(connection, "SELECT seq FROM sqlite_sequence WHERE name = 'messages'");
        return command.ExecuteScalar() as long? ?? 0;
    }

    /// <summary>Whether a claim would give something; cheap enough to ask often.</summary>
    public static bool HasMessages(SqliteConnection connection, ConsumerKey key, long now)
    {
        using var command = SqliteDatabase.Prepare(
            connection,
            """
            SELECT EXISTS (SELECT 1 FROM messages WHERE topic = $topic
                AND id > (SELECT position FROM consumers WHERE topic = $topic AND consumer = $consumer))
                OR EXISTS (SELECT 1 FROM retries WHERE topic = $topic AND consumer = $consumer AND owner IS NULL AND due <= $now)
            """,
            ("$topic", key.Topic),
            ("$consumer", key.Consumer),
            ("$now", now)
        );
        return (long)command.ExecuteScalar()! != 0;
    }

    /// <summary>Takes retries that are due, then the next messages of the log.</summary>
    public static List<ClaimedMessage> Claim(BrokerStatements statements, ConsumerKey key, string owner, int atMost, long now)
    {
        var claimed = ClaimRetries(statements, key, owner, atMost, now);
        if (claimed.Count < atMost)
            claimed.AddRange(ClaimNext(statements, key, owner, atMost - claimed.Count));
        return claimed;
    }

    private static List<ClaimedMessage> ClaimRetries(BrokerStatements statements, ConsumerKey key, string owner, int atMost, long now)
    {
        var claimed = new List<ClaimedMessage>();
        using (var rows = statements.DueRetries(key, now, atMost))
        {
            while (rows.Read())
                claimed.Add(new ClaimedMessage(rows.GetInt64(0), Message(rows, key.Topic), rows.GetInt32(3) + 1, Claim: null));
        }
        foreach (var message in claimed)
            statements.TakeRetry(key, message.Id, owner);
        return claimed;
    }

    private static List<ClaimedMessage> ClaimNext(BrokerStatements statements, ConsumerKey key, string owner, int atMost)
    {
        var claimed = new List<ClaimedMessage>();
        var claim = Guid.NewGuid().ToString("N");
        using (var rows = statements.NextMessages(key, atMost))
        {
            while (rows.Read())
                claimed.Add(new ClaimedMessage(rows.GetInt64(0), Message(rows, key.Topic), Delivery: 1, claim));
        }
        if (claimed.Count > 0)
            statements.AddClaim(key, claim, claimed[0].Id, claimed[^1].Id, owner);
        return claimed;
    }

    private static BrokerMessage Message(SqliteDataReader rows, string topic) =>
        new(
            topic,
            (byte[])rows[1],
            rows.IsDBNull(2) ? BrokerMessage.NoMetadata : JsonSerializer.Deserialize<Dictionary<string, string>>(rows.GetString(2))!
        );

    private static byte[] Bytes(ReadOnlyMemory<byte> memory) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(memory, out var segment)
        && segment.Array is { } array
        && segment.Count == array.Length
            ? array
            : memory.ToArray();
}
