using Dapr.Embedded.Storage;
using Microsoft.Data.Sqlite;

namespace Dapr.Embedded.PubSub.Brokers.Sqlite;

/// <summary>
/// The tables of the broker. Messages are a log; a consumer has a position in it. What it took is a claim (a range of the log) of one
/// owner until all of it is settled; single messages that must come again wait in retries. So an undisturbed message costs no row of its own.
/// </summary>
internal static class BrokerSchema
{
    public static int Create(SqliteConnection connection) =>
        SqliteDatabase.Execute(
            connection,
            """
            CREATE TABLE IF NOT EXISTS messages (
              id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, data BLOB NOT NULL, metadata TEXT, published INTEGER NOT NULL);
            CREATE INDEX IF NOT EXISTS messages_by_topic ON messages (topic, id);
            CREATE TABLE IF NOT EXISTS consumers (
              topic TEXT NOT NULL, consumer TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (topic, consumer)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS claims (
              topic TEXT NOT NULL, consumer TEXT NOT NULL, claim TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, owner TEXT NOT NULL,
              PRIMARY KEY (topic, consumer, claim)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS retries (
              topic TEXT NOT NULL, consumer TEXT NOT NULL, id INTEGER NOT NULL, deliveries INTEGER NOT NULL, due INTEGER NOT NULL, owner TEXT,
              PRIMARY KEY (topic, consumer, id)) WITHOUT ROWID;
            """
        );
}
