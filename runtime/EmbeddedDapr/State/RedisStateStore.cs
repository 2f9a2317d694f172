using System.Globalization;
using Dapr.Embedded.Components;
using Dapr.Embedded.Storage;
using StackExchange.Redis;

namespace Dapr.Embedded.State;

/// <summary>
/// state.redis in daprd's layout: a hash of data, version and, once written with first-write, first-write. What sets daprd's store
/// apart from others is kept: etags are counters, an etag for a missing row is no conflict, first-write conflicts are no etag mismatch
/// and only met by rows that were themselves written so, reads show no expiry, and a refused operation leaves the others of its transaction applied.
/// </summary>
internal sealed class RedisStateStore : IStateStore
{
    private const string WriteScript = """
        local version = redis.call('HGET', KEYS[1], 'version')
        if version then
          if ARGV[1] ~= '' then
            if version ~= ARGV[1] then return 'etag' end
          elseif ARGV[3] == '1' and redis.call('HEXISTS', KEYS[1], 'first-write') == 1 then
            return 'first-write'
          end
        end
        redis.call('HSET', KEYS[1], 'data', ARGV[2])
        redis.call('HINCRBY', KEYS[1], 'version', 1)
        if ARGV[3] == '1' then redis.call('HSET', KEYS[1], 'first-write', '0') end
        if ARGV[4] == '' then redis.call('PERSIST', KEYS[1]) else redis.call('EXPIRE', KEYS[1], ARGV[4]) end
        return 'done'
        """;

    private const string DeleteScript = """
        local version = redis.call('HGET', KEYS[1], 'version')
        if version and ARGV[1] ~= '' and version ~= ARGV[1] then return 'etag' end
        redis.call('DEL', KEYS[1])
        return 'done'
        """;

    private readonly ConnectionMultiplexer connection;
    private readonly IDatabase database;
    private readonly string? defaultTtlSeconds;

    private RedisStateStore(ConnectionMultiplexer connection, int defaultTtlSeconds)
    {
        this.connection = connection;
        database = connection.GetDatabase();
        this.defaultTtlSeconds = defaultTtlSeconds > 0 ? defaultTtlSeconds.ToString(CultureInfo.InvariantCulture) : null;
    }

    public IReadOnlyList<string> Capabilities { get; } = ["ETAG", "TRANSACTIONAL", "TTL", "ACTOR"];

    public static async Task<RedisStateStore> OpenAsync(ComponentSpec spec) =>
        new(await RedisConnection.OpenAsync(spec).ConfigureAwait(false), spec.Metadata.Whole("ttlInSeconds", 0));

    public async Task<IReadOnlyList<StateEntry?>> GetAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        RedisValue[] fields = ["data", "version"];
        var rows = await Task.WhenAll(keys.Select(key => database.HashGetAsync(key, fields))).WaitAsync(cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(row => row[0].IsNull ? null : new StateEntry((byte[])row[0]!, row[1].ToString(), null))];
    }

    public async Task WriteAsync(StateWrite write, CancellationToken cancellationToken) =>
        Check(await RunAsync(database, write).WaitAsync(cancellationToken).ConfigureAwait(false), write);

    public async Task TransactAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken)
    {
        var transaction = database.CreateTransaction();
        var results = writes.Select(write => RunAsync(transaction, write)).ToList();
        await transaction.ExecuteAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < writes.Count; i++)
            Check(await results[i].ConfigureAwait(false), writes[i]);
    }

    public async ValueTask DisposeAsync() => await connection.DisposeAsync().ConfigureAwait(false);

    private Task<RedisResult> RunAsync(IDatabaseAsync target, StateWrite write)
    {
        var etag = write.ETag ?? "";
        if (etag.Length > 0 && !long.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw new StateStoreException(StateRefusal.ETagInvalid, $"invalid etag value: \"{etag}\" is no number");
        if (write.Value is null)
            return target.ScriptEvaluateAsync(DeleteScript, [write.Key], [etag]);
        var ttl = write.Ttl is { } given ? ((long)given.TotalSeconds).ToString(CultureInfo.InvariantCulture) : defaultTtlSeconds ?? "";
        return target.ScriptEvaluateAsync(WriteScript, [write.Key], [etag, write.Value, write.FirstWrite ? "1" : "0", ttl]);
    }

    private static void Check(RedisResult result, StateWrite write)
    {
        switch ((string?)result)
        {
            case "etag":
                throw new StateStoreException(
                    StateRefusal.ETagMismatch,
                    $"possible etag mismatch. error from state store: key {write.Key} has another version than {write.ETag}"
                );
            case "first-write":
                throw new StateStoreException(StateRefusal.Other, $"failed to set key {write.Key}: it exists and was written with first-write");
        }
    }
}
