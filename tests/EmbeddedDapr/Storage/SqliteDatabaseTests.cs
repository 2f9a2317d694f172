using Dapr.Embedded.Storage;
using Microsoft.Data.Sqlite;

namespace EmbeddedDapr.Tests.Storage;

public sealed class SqliteDatabaseTests : IDisposable
{
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(5);
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("sqlite-database");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => Path.Combine(folder.FullName, "x.db");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Write_OnceAcknowledged_IsSeenByEveryReader(bool onDisk)
    {
        await using var database = await OpenAsync(onDisk ? File : ":memory:");
        await Task.WhenAll(
            Enumerable
                .Range(0, 500)
                .Select(async number =>
                {
                    await PutAsync(database, number);
                    Assert.True(Has(database, number));
                })
        );
        Assert.Equal(500, Count(database));
    }

    [Fact]
    public async Task Write_ThatFails_IsUndoneAloneAndTellsItsCaller()
    {
        await using var database = await OpenAsync(File);
        var writes = Enumerable
            .Range(0, 200)
            .Select(number =>
                database.WriteAsync(
                    connection =>
                    {
                        Put(connection, number);
                        return number % 3 == 0 ? throw new InvalidOperationException($"no {number}") : number;
                    },
                    Token
                )
            )
            .ToList();
        for (var number = 0; number < writes.Count; number++)
        {
            if (number % 3 == 0)
                Assert.Equal($"no {number}", (await Assert.ThrowsAsync<InvalidOperationException>(() => writes[number])).Message);
            else
                Assert.Equal(number, await writes[number]);
        }
        Assert.Equal(Enumerable.Range(0, 200).Where(number => number % 3 != 0), database.Read(Numbers));
    }

    [Fact]
    public async Task Writes_RunInTheOrderInWhichTheyWereGiven()
    {
        await using var database = await OpenAsync(File);
        var order = new List<int>();
        await Task.WhenAll(
            Enumerable
                .Range(0, 2000)
                .Select(number =>
                    database.WriteAsync(
                        _ =>
                        {
                            order.Add(number);
                            return true;
                        },
                        Token
                    )
                )
        );
        Assert.Equal(Enumerable.Range(0, 2000), order);
    }

    [Fact]
    public async Task Dispose_WaitsForWhatIsQueued_AndRefusesWhatComesLater()
    {
        var database = await OpenAsync(File);
        var last = PutAsync(database, 1);
        await database.DisposeAsync();
        await last;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => PutAsync(database, 2));
        await using var again = await OpenAsync(File);
        Assert.Equal([1], again.Read(Numbers));
    }

    [Fact]
    public async Task Write_WhileAnotherConnectionHoldsTheFile_WaitsForIt()
    {
        await using var database = await OpenAsync(File);
        using var other = new SqliteConnection($"Data Source={File};Pooling=false");
        other.Open();
        SqliteDatabase.Execute(other, "BEGIN IMMEDIATE");
        var waiting = PutAsync(database, 1);
        Assert.False(waiting.IsCompleted);
        SqliteDatabase.Execute(other, "COMMIT");
        await waiting;
        Assert.True(Has(database, 1));
    }

    private static async Task<SqliteDatabase> OpenAsync(string path)
    {
        var database = new SqliteDatabase(path, Busy, wal: true);
        await database.WriteAsync(
            connection => SqliteDatabase.Execute(connection, "CREATE TABLE IF NOT EXISTS numbers (number INTEGER PRIMARY KEY)"),
            Token
        );
        return database;
    }

    private static Task<int> PutAsync(SqliteDatabase database, int number) => database.WriteAsync(connection => Put(connection, number), Token);

    private static int Put(SqliteConnection connection, int number) =>
        SqliteDatabase.Execute(connection, "INSERT INTO numbers VALUES ($number)", ("$number", number));

    private static bool Has(SqliteDatabase database, int number) => database.Read(Numbers).Contains(number);

    private static int Count(SqliteDatabase database) => database.Read(Numbers).Count;

    private static List<int> Numbers(SqliteConnection connection)
    {
        using var command = SqliteDatabase.Prepare(connection, "SELECT number FROM numbers ORDER BY number");
        using var rows = command.ExecuteReader();
        var numbers = new List<int>();
        while (rows.Read())
            numbers.Add(rows.GetInt32(0));
        return numbers;
    }
}
