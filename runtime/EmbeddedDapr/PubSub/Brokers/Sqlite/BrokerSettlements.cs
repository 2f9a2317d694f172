using Dapr.Embedded.Storage;
using Microsoft.Data.Sqlite;

namespace Dapr.Embedded.PubSub.Brokers.Sqlite;

/// <summary>One message that ends its delivery, or that goes to the retries.</summary>
/// <param name="Deliveries">Deliveries made so far; null when the message is done with.</param>
/// <param name="Due">When it comes again, in Unix milliseconds.</param>
internal readonly record struct SettledMessage(long Id, bool FromRetries, int? Deliveries, long Due);

/// <summary>What became of the messages of one consumer: those that were settled, and its claims that shrank or ended.</summary>
/// <param name="Claims">By name: the first id of the claim that is not settled; null when all is.</param>
internal sealed record Settlements(ConsumerKey Key, IReadOnlyList<SettledMessage> Messages, IReadOnlyDictionary<string, long?> Claims);

/// <summary>Writing down what was settled, and taking over from owners that are dead.</summary>
internal static class BrokerSettlements
{
    public static int Write(BrokerStatements statements, Settlements settlements)
    {
        var key = settlements.Key;
        foreach (var message in settlements.Messages)
        {
            if (message.Deliveries is { } deliveries)
                statements.PutRetry(key, message.Id, deliveries, message.Due);
            else if (message.FromRetries)
                statements.DeleteRetry(key, message.Id);
        }
        foreach (var (claim, first) in settlements.Claims)
        {
            if (first is { } id)
                statements.ShrinkClaim(key, claim, id);
            else
                statements.DeleteClaim(key, claim);
        }
        return settlements.Messages.Count;
    }

    /// <summary>Owners that have something open.</summary>
    public static List<string> Owners(SqliteConnection connection)
    {
        using var command = SqliteDatabase.Prepare(connection, "SELECT owner FROM claims UNION SELECT owner FROM retries WHERE owner IS NOT NULL");
        using var rows = command.ExecuteReader();
        var owners = new List<string>();
        while (rows.Read())
            owners.Add(rows.GetString(0));
        return owners;
    }

    /// <summary>Everything that a dead owner had open becomes due at once.</summary>
    public static int TakeOver(SqliteConnection connection, string owner, long now) =>
        SqliteDatabase.Execute(
            connection,
            """
            INSERT INTO retries (topic, consumer, id, deliveries, due, owner)
              SELECT c.topic, c.consumer, m.id, 1, $now, NULL
              FROM claims c JOIN messages m ON m.topic = c.topic AND m.id BETWEEN c.first AND c.last WHERE c.owner = $owner
              ON CONFLICT DO NOTHING;
            DELETE FROM claims WHERE owner = $owner;
            UPDATE retries SET owner = NULL, due = $now WHERE owner = $owner;
            """,
            ("$owner", owner),
            ("$now", now)
        );
}
