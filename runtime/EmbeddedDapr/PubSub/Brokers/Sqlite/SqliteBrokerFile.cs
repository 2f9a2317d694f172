using System.Collections.Immutable;
using Dapr.Embedded.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.PubSub.Brokers.Sqlite;

/// <summary>
/// One database file of a broker as this process uses it: all writes go through one connection and are grouped, all its sidecars share it.
/// Other processes may use the same file; their messages are noticed within ten milliseconds, their death within a second. What is
/// acknowledged survives the death of every process; after a power cut the last second or so may be lost, as with a Redis of default settings.
/// </summary>
internal sealed class SqliteBrokerFile : IAsyncDisposable
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Cleaning = TimeSpan.FromSeconds(5);

    /// <summary>Settlements are in no hurry: one that a crash loses means one more delivery.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(10);

    private readonly SqliteDatabase database;
    private readonly OwnerLock owner;
    private readonly string ownersFolder;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly CancellationTokenSource ended = new();
    private readonly Task[] loops;
    private ImmutableList<SqliteQueue> queues = [];

    /// <summary>Of the writing connection; used by the writer alone, inside its transactions.</summary>
    private BrokerStatements? statements;

    private SqliteBrokerFile(SqliteDatabase database, string path, TimeProvider time, ILogger log)
    {
        this.database = database;
        this.time = time;
        this.log = log;
        ownersFolder = path + ".owners";
        owner = new OwnerLock(ownersFolder);
        Publishing = new Coalescer<BrokerMessage>(AppendAsync, () => Task.CompletedTask);
        Settling = new Coalescer<Settlements>(WriteAsync, () => DelayAsync(Gathering, ended.Token));
        loops =
        [
            Task.Run(() => EveryAsync(Glance, GlanceAsync())),
            Task.Run(() => EveryAsync(Sweep, TakeOverAsync)),
            Task.Run(() => EveryAsync(Cleaning, CleanAsync)),
        ];
    }

    public Coalescer<BrokerMessage> Publishing { get; }

    public Coalescer<Settlements> Settling { get; }

    public string Owner => owner.Name;

    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    public static async Task<SqliteBrokerFile> OpenAsync(string path, TimeProvider time, ILogger log, CancellationToken cancellationToken)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
            Directory.CreateDirectory(folder);
        var database = new SqliteDatabase(path, TimeSpan.FromSeconds(10), wal: true, survivesPowerLoss: false);
        await database.WriteAsync(BrokerSchema.Create, cancellationToken).ConfigureAwait(false);
        var file = new SqliteBrokerFile(database, path, time, log);
        await file.TakeOverAsync().ConfigureAwait(false);
        return file;
    }

    public async Task<SqliteQueue> OpenQueueAsync(ConsumerKey key, CancellationToken cancellationToken)
    {
        await database.WriteAsync(connection => BrokerLog.AddConsumer(connection, key), cancellationToken).ConfigureAwait(false);
        var queue = new SqliteQueue(this, key, closed => ImmutableInterlocked.Update(ref queues, all => all.Remove(closed)), log);
        ImmutableInterlocked.Update(ref queues, all => all.Add(queue));
        return queue;
    }

    public bool HasMessages(ConsumerKey key) => database.Read(connection => BrokerLog.HasMessages(connection, key, Now));

    public Task<List<ClaimedMessage>> ClaimAsync(ConsumerKey key, int atMost, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection => BrokerLog.Claim(statements ??= new BrokerStatements(connection), key, Owner, atMost, Now),
            cancellationToken
        );

    public Task DelayAsync(TimeSpan pause, CancellationToken cancellationToken) => Task.Delay(pause, time, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Publishing.IdleAsync().ConfigureAwait(false);
        await Settling.IdleAsync().ConfigureAwait(false);
        statements?.Dispose();
        await database.DisposeAsync().ConfigureAwait(false);
        owner.Dispose();
        ended.Dispose();
    }

    /// <summary>Writes messages, and in the same transaction claims them for the queues of this process that wait for some.</summary>
    private async Task AppendAsync(IReadOnlyList<BrokerMessage> messages)
    {
        var topics = messages.Select(message => message.Topic).ToHashSet(StringComparer.Ordinal);
        var concerned = queues.Where(queue => topics.Contains(queue.Key.Topic)).ToList();
        var hungry = concerned.Where(queue => queue.IsHungry).ToList();
        var claimed = await database
            .WriteAsync(
                connection =>
                {
                    statements ??= new BrokerStatements(connection);
                    BrokerLog.Append(statements, messages, Now);
                    return hungry.ConvertAll(queue => BrokerLog.Claim(statements, queue.Key, Owner, SqliteQueue.Batch, Now));
                },
                CancellationToken.None
            )
            .ConfigureAwait(false);
        for (var i = 0; i < hungry.Count; i++)
            hungry[i].Offer(claimed[i]);
        foreach (var queue in concerned)
            queue.Wake();
    }

    /// <summary>A settlement that is not written would bring its messages again after a restart only; so it is tried until it is.</summary>
    private async Task WriteAsync(IReadOnlyList<Settlements> settlements)
    {
        while (true)
        {
            try
            {
                await database
                    .WriteAsync(
                        connection => settlements.Sum(one => BrokerSettlements.Write(statements ??= new BrokerStatements(connection), one)),
                        CancellationToken.None
                    )
                    .ConfigureAwait(false);
                return;
            }
            catch (SqliteException error) when (!ended.IsCancellationRequested)
            {
                log.LogWarning("Broker: settlements cannot be written, tried again: {Reason}", error.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(200), time, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Other processes publish, too: the number of the last message says when.</summary>
    private Func<Task> GlanceAsync()
    {
        var seen = -1L;
        return () =>
        {
            if (queues.IsEmpty)
                return Task.CompletedTask;
            var last = database.Read(BrokerLog.LastId);
            if (last != seen)
            {
                foreach (var queue in queues)
                    queue.Wake();
            }
            seen = last;
            return Task.CompletedTask;
        };
    }

    private async Task TakeOverAsync()
    {
        foreach (var name in database.Read(BrokerSettlements.Owners))
        {
            if (name == Owner || OwnerLock.IsAlive(ownersFolder, name))
                continue;
            var count = await database
                .WriteAsync(connection => BrokerSettlements.TakeOver(connection, name, Now), CancellationToken.None)
                .ConfigureAwait(false);
            log.LogInformation("Broker: took over from a process that ended without settling ({Count} rows)", count);
            foreach (var queue in queues)
                queue.Wake();
        }
    }

    /// <summary>In small steps, so that publishers need not wait long for the writer.</summary>
    private async Task CleanAsync()
    {
        foreach (var topic in database.Read(BrokerCleaning.Topics))
        {
            while (
                !ended.IsCancellationRequested
                && await database
                    .WriteAsync(connection => BrokerCleaning.CleanTopic(connection, topic, Now), CancellationToken.None)
                    .ConfigureAwait(false) == BrokerCleaning.Step
            ) { }
        }
    }

    private async Task EveryAsync(TimeSpan interval, Func<Task> work)
    {
        using var timer = new PeriodicTimer(interval, time);
        while (await timer.WaitForNextTickAsync(ended.Token).ConfigureAwait(false))
        {
            try
            {
                await work().ConfigureAwait(false);
            }
            catch (SqliteException error)
            {
                log.LogWarning("Broker: {Reason}; tried again in {Seconds} s", error.Message, interval.TotalSeconds);
            }
        }
    }
}
