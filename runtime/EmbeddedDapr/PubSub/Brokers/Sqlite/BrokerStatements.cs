using Microsoft.Data.Sqlite;

namespace Dapr.Embedded.PubSub.Brokers.Sqlite;

/// <summary>The statements that run for every few messages, prepared once for the writing connection.</summary>
internal sealed class BrokerStatements : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly List<SqliteCommand> all = [];
    private readonly SqliteCommand append;
    private readonly SqliteCommand dueRetries;
    private readonly SqliteCommand takeRetry;
    private readonly SqliteCommand putRetry;
    private readonly SqliteCommand deleteRetry;
    private readonly SqliteCommand nextMessages;
    private readonly SqliteCommand addClaim;
    private readonly SqliteCommand movePosition;
    private readonly SqliteCommand shrinkClaim;
    private readonly SqliteCommand deleteClaim;

    public BrokerStatements(SqliteConnection connection)
    {
        this.connection = connection;
        append = Prepare("INSERT INTO messages (topic, data, metadata, published) VALUES ($1, $2, $3, $4)", 4);
        dueRetries = Prepare(
            """
            SELECT m.id, m.data, m.metadata, r.deliveries FROM retries r JOIN messages m ON m.id = r.id
            WHERE r.topic = $1 AND r.consumer = $2 AND r.owner IS NULL AND r.due <= $3 ORDER BY r.id LIMIT $4
            """,
            4
        );
        takeRetry = Prepare("UPDATE retries SET owner = $4 WHERE topic = $1 AND consumer = $2 AND id = $3", 4);
        putRetry = Prepare(
            """
            INSERT INTO retries (topic, consumer, id, deliveries, due, owner) VALUES ($1, $2, $3, $4, $5, NULL)
            ON CONFLICT DO UPDATE SET deliveries = excluded.deliveries, due = excluded.due, owner = NULL
            """,
            5
        );
        deleteRetry = Prepare("DELETE FROM retries WHERE topic = $1 AND consumer = $2 AND id = $3", 3);
        nextMessages = Prepare(
            """
            SELECT id, data, metadata FROM messages
            WHERE topic = $1 AND id > (SELECT position FROM consumers WHERE topic = $1 AND consumer = $2) ORDER BY id LIMIT $3
            """,
            3
        );
        addClaim = Prepare("INSERT INTO claims (topic, consumer, claim, first, last, owner) VALUES ($1, $2, $3, $4, $5, $6)", 6);
        movePosition = Prepare("UPDATE consumers SET position = $3 WHERE topic = $1 AND consumer = $2", 3);
        shrinkClaim = Prepare("UPDATE claims SET first = $4 WHERE topic = $1 AND consumer = $2 AND claim = $3", 4);
        deleteClaim = Prepare("DELETE FROM claims WHERE topic = $1 AND consumer = $2 AND claim = $3", 3);
    }

    public void Append(string topic, byte[] data, string? metadata, long now) => Bind(append, topic, data, metadata, now).ExecuteNonQuery();

    /// <summary>Rows of id, data, metadata, deliveries.</summary>
    public SqliteDataReader DueRetries(ConsumerKey key, long now, int atMost) =>
        Bind(dueRetries, key.Topic, key.Consumer, now, atMost).ExecuteReader();

    public void TakeRetry(ConsumerKey key, long id, string owner) => Bind(takeRetry, key.Topic, key.Consumer, id, owner).ExecuteNonQuery();

    public void PutRetry(ConsumerKey key, long id, int deliveries, long due) =>
        Bind(putRetry, key.Topic, key.Consumer, id, deliveries, due).ExecuteNonQuery();

    public void DeleteRetry(ConsumerKey key, long id) => Bind(deleteRetry, key.Topic, key.Consumer, id).ExecuteNonQuery();

    /// <summary>Rows of id, data, metadata after the consumer's position.</summary>
    public SqliteDataReader NextMessages(ConsumerKey key, int atMost) => Bind(nextMessages, key.Topic, key.Consumer, atMost).ExecuteReader();

    public void AddClaim(ConsumerKey key, string claim, long first, long last, string owner)
    {
        Bind(addClaim, key.Topic, key.Consumer, claim, first, last, owner).ExecuteNonQuery();
        Bind(movePosition, key.Topic, key.Consumer, last).ExecuteNonQuery();
    }

    public void ShrinkClaim(ConsumerKey key, string claim, long first) => Bind(shrinkClaim, key.Topic, key.Consumer, claim, first).ExecuteNonQuery();

    public void DeleteClaim(ConsumerKey key, string claim) => Bind(deleteClaim, key.Topic, key.Consumer, claim).ExecuteNonQuery();

    public void Dispose() => all.ForEach(command => command.Dispose());

    private SqliteCommand Prepare(string sql, int parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 1; i <= parameters; i++)
            command.Parameters.Add(new SqliteParameter { ParameterName = $"${i}" });
        all.Add(command);
        return command;
    }

    private static SqliteCommand Bind(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }
}
