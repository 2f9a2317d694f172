using System.Diagnostics;
using Dapr.Embedded.Storage;
using Microsoft.Data.Sqlite;

namespace Dapr.Embedded.Names;

/// <summary>
/// The names of all sidecars of this user on this machine, in a SQLite file that each process opens: nothing else has to run. A
/// registration is renewed every two seconds; one that is older than ten, or whose process is gone, does not count and is removed.
/// The sidecars of this runtime come first: two systems of one user, which have the same app ids, do not call each other's apps.
/// The file holds the tokens of the internal ports, so only its owner may read it.
/// </summary>
internal sealed class DiskNames : INames, IAsyncDisposable
{
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);
    private readonly SqliteDatabase database;
    private readonly TimeProvider time;
    private readonly LocalNames own = new();

    private DiskNames(SqliteDatabase database, TimeProvider time) => (this.database, this.time) = (database, time);

    public static async Task<DiskNames> OpenAsync(string folder, TimeProvider time, CancellationToken cancellationToken)
    {
        PrivateFolder.Create(folder);
        var path = Path.Combine(folder, "names.db");
        PrivateFolder.CreateFile(path);
        // No process that it speaks of outlives the machine.
        var database = new SqliteDatabase(path, TimeSpan.FromSeconds(5), wal: true, survivesPowerLoss: false);
        await database
            .WriteAsync(
                connection =>
                    SqliteDatabase.Execute(
                        connection,
                        """
                        CREATE TABLE IF NOT EXISTS hosts (
                          registration TEXT NOT NULL PRIMARY KEY, app_id TEXT NOT NULL, namespace TEXT NOT NULL,
                          host TEXT NOT NULL, port INTEGER NOT NULL, token TEXT NOT NULL, process INTEGER NOT NULL, seen INTEGER NOT NULL)
                        """
                    ),
                cancellationToken
            )
            .ConfigureAwait(false);
        return new DiskNames(database, time);
    }

    public async Task<IAsyncDisposable> RegisterAsync(SidecarAddress address, CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid().ToString("N");
        await WriteAsync(id, address, cancellationToken).ConfigureAwait(false);
        return new Registration(this, id, address, await own.RegisterAsync(address, cancellationToken).ConfigureAwait(false));
    }

    public async Task<SidecarAddress?> FindAsync(string appId, string ns, CancellationToken cancellationToken)
    {
        if (await own.FindAsync(appId, ns, cancellationToken).ConfigureAwait(false) is { } here)
            return here;
        var oldest = (time.GetUtcNow() - Lifetime).ToUnixTimeMilliseconds();
        var found = database.Read(connection => Find(connection, appId, ns, oldest));
        while (found.Count > 0)
        {
            var at = Random.Shared.Next(found.Count);
            if (IsAlive(found[at].Process))
                return found[at].Address;
            await ForgetAsync(found[at].Process).ConfigureAwait(false);
            found.RemoveAt(at);
        }
        return null;
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    private static List<(SidecarAddress Address, int Process)> Find(SqliteConnection connection, string appId, string ns, long oldest)
    {
        using var command = SqliteDatabase.Prepare(
            connection,
            "SELECT host, port, token, process FROM hosts WHERE app_id = $app AND namespace = $ns AND seen >= $oldest",
            ("$app", appId),
            ("$ns", ns),
            ("$oldest", oldest)
        );
        using var rows = command.ExecuteReader();
        var found = new List<(SidecarAddress, int)>();
        while (rows.Read())
            found.Add((new SidecarAddress(appId, ns, rows.GetString(0), rows.GetInt32(1), rows.GetString(2)), rows.GetInt32(3)));
        return found;
    }

    private static bool IsAlive(int process)
    {
        if (process == Environment.ProcessId)
            return true;
        try
        {
            using var found = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Removes what a process left that ended without saying so.</summary>
    private async Task ForgetAsync(int process)
    {
        try
        {
            await database
                .WriteAsync(
                    connection => SqliteDatabase.Execute(connection, "DELETE FROM hosts WHERE process = $process", ("$process", process)),
                    CancellationToken.None
                )
                .ConfigureAwait(false);
        }
        catch (SqliteException)
        {
            // Another process holds the file; the rows age all the same.
        }
    }

    private Task WriteAsync(string id, SidecarAddress address, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return database.WriteAsync(
            connection =>
            {
                SqliteDatabase.Execute(connection, "DELETE FROM hosts WHERE seen < $oldest", ("$oldest", (now - Lifetime).ToUnixTimeMilliseconds()));
                return SqliteDatabase.Execute(
                    connection,
                    """
                    INSERT INTO hosts (registration, app_id, namespace, host, port, token, process, seen)
                    VALUES ($id, $app, $ns, $host, $port, $token, $process, $seen)
                    ON CONFLICT (registration) DO UPDATE SET seen = excluded.seen
                    """,
                    ("$id", id),
                    ("$app", address.AppId),
                    ("$ns", address.Namespace),
                    ("$host", address.Host),
                    ("$port", address.InternalPort),
                    ("$token", address.Token),
                    ("$process", Environment.ProcessId),
                    ("$seen", now.ToUnixTimeMilliseconds())
                );
            },
            cancellationToken
        );
    }

    private sealed class Registration : IAsyncDisposable
    {
        private readonly DiskNames names;
        private readonly string id;
        private readonly IAsyncDisposable local;
        private readonly CancellationTokenSource ended = new();
        private readonly Task renewing;

        public Registration(DiskNames names, string id, SidecarAddress address, IAsyncDisposable local)
        {
            (this.names, this.id, this.local) = (names, id, local);
            renewing = RenewAsync(address);
        }

        public async ValueTask DisposeAsync()
        {
            await local.DisposeAsync().ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await names
                .database.WriteAsync(
                    connection => SqliteDatabase.Execute(connection, "DELETE FROM hosts WHERE registration = $id", ("$id", id)),
                    CancellationToken.None
                )
                .ConfigureAwait(false);
            ended.Dispose();
        }

        private async Task RenewAsync(SidecarAddress address)
        {
            using var timer = new PeriodicTimer(Renewal, names.time);
            while (await timer.WaitForNextTickAsync(ended.Token).ConfigureAwait(false))
            {
                try
                {
                    await names.WriteAsync(id, address, ended.Token).ConfigureAwait(false);
                }
                catch (SqliteException)
                {
                    // Another process held the file for longer than the busy timeout; the next tick tries again, well before the row ages.
                }
            }
        }
    }
}
