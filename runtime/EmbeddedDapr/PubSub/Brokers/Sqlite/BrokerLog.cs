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
    public static int Append(SqliteConnection connection, IEnumerable<BrokerMessage> messages, long now)
    {
        using var insert = SqliteDatabase.Prepare(connection, "INSERT INTO messages (topic, data, metadata, published) VALUES ($topic, $data, $metadata, $now)", ("$now", now));
        var topic = insert.Parameters.Add("$topic", SqliteType.Text);
        var data = insert.Parameters.Add("$data", SqliteType.Blob);
        var metadata = insert.Parameters.Add("$metadata", SqliteType.Text);
        insert.Prepare();
        var count = 0;
        foreach (var message in messages)
        {
            topic.Value = message.Topic;
            data.Value = Bytes(message.Data);
            metadata.Value = message.Metadata.Count == 0 ? DBNull.Value : JsonSerializer.Serialize(message.Metadata);
            count += insert.ExecuteNonQuery();
        }
        return count;
    }

    /// <summary>A new consumer begins with the oldest message that is kept.</summary>
    public static int AddConsumer(SqliteConnection connection, ConsumerKey key) => SqliteDatabase.Execute(
        connection, "INSERT INTO consumers (topic, consumer, position) VALUES ($topic, $consumer, 0) ON CONFLICT DO NOTHING", ("$topic", key.Topic), ("$consumer", key.Consumer));

    /// <summary>The id of the newest message there ever was.</summary>
    public static long LastId(SqliteConnection connection)
    {
        using var command = SqliteDatabase.Prepare(connection, "SELECT seq FROM sqlite_sequence WHERE name = 'messages'");
        return command.ExecuteScalar() as long? ?? 0;
    }

    /// <summary>Whether a claim would give something; cheap enough to ask often.</summary>
    public static bool HasMessages(SqliteConnection connection, ConsumerKey key, long now)
    {
        using var command = SqliteDatabase.Prepare(connection, """
            SELECT EXISTS (SELECT 1 FROM messages WHERE topic = $topic AND id > (SELECT position FROM consumers WHERE topic = $topic AND consumer = $consumer))
                OR EXISTS (SELECT 1 FROM retries WHERE topic = $topic AND consumer = $consumer AND owner IS NULL AND due <= $now)
            """, ("$topic", key.Topic), ("$consumer", key.Consumer), ("$now", now));
        return (long)command.ExecuteScalar()! != 0;
    }

    /// <summary>Takes retries that are due, then the next messages of the log.</summary>
    public static List<ClaimedMessage> Claim(SqliteConnection connection, ConsumerKey key, string owner, int atMost, long now)
    {
        var claimed = ClaimRetries(connection, key, owner, atMost, now);
        if (claimed.Count < atMost)
            claimed.AddRange(ClaimNext(connection, key, owner, atMost - claimed.Count));
        return claimed;
    }

    private static List<ClaimedMessage> ClaimRetries(SqliteConnection connection, ConsumerKey key, string owner, int atMost, long now)
    {
        var claimed = new List<ClaimedMessage>();
        using (var command = SqliteDatabase.Prepare(connection, """
            SELECT m.id, m.data, m.metadata, r.deliveries FROM retries r JOIN messages m ON m.id = r.id
            WHERE r.topic = $topic AND r.consumer = $consumer AND r.owner IS NULL AND r.due <= $now ORDER BY r.id LIMIT $limit
            """, ("$topic", key.Topic), ("$consumer", key.Consumer), ("$now", now), ("$limit", atMost)))
        using (var rows = command.ExecuteReader())
        {
            while (rows.Read())
                claimed.Add(new ClaimedMessage(rows.GetInt64(0), Message(rows, key.Topic), rows.GetInt32(3) + 1, Claim: null));
        }
        foreach (var message in claimed)
        {
            SqliteDatabase.Execute(
                connection, "UPDATE retries SET owner = $owner WHERE topic = $topic AND consumer = $consumer AND id = $id",
                ("$owner", owner), ("$topic", key.Topic), ("$consumer", key.Consumer), ("$id", message.Id));
        }
        return claimed;
    }

    private static List<ClaimedMessage> ClaimNext(SqliteConnection connection, ConsumerKey key, string owner, int atMost)
    {
        var claimed = new List<ClaimedMessage>();
        var claim = Guid.NewGuid().ToString("N");
        using (var command = SqliteDatabase.Prepare(connection, """
            SELECT id, data, metadata FROM messages
            WHERE topic = $topic AND id > (SELECT position FROM consumers WHERE topic = $topic AND consumer = $consumer) ORDER BY id LIMIT $limit
            """, ("$topic", key.Topic), ("$consumer", key.Consumer), ("$limit", atMost)))
        using (var rows = command.ExecuteReader())
        {
            while (rows.Read())
                claimed.Add(new ClaimedMessage(rows.GetInt64(0), Message(rows, key.Topic), Delivery: 1, claim));
        }
        if (claimed.Count == 0)
            return claimed;
        SqliteDatabase.Execute(
            connection,
            """
            INSERT INTO claims (topic, consumer, claim, first, last, owner) VALUES ($topic, $consumer, $claim, $first, $last, $owner);
            UPDATE consumers SET position = $last WHERE topic = $topic AND consumer = $consumer;
            """,
            ("$topic", key.Topic), ("$consumer", key.Consumer), ("$claim", claim), ("$first", claimed[0].Id), ("$last", claimed[^1].Id), ("$owner", owner));
        return claimed;
    }

    private static BrokerMessage Message(SqliteDataReader rows, string topic) => new(
        topic, (byte[])rows[1], rows.IsDBNull(2) ? BrokerMessage.NoMetadata : JsonSerializer.Deserialize<Dictionary<string, string>>(rows.GetString(2))!);

    private static byte[] Bytes(ReadOnlyMemory<byte> memory) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(memory, out var segment) && segment.Array is { } array && segment.Count == array.Length ? array : memory.ToArray();
}
