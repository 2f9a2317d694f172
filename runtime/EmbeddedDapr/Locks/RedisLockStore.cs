using Dapr.Embedded.Components;
using Dapr.Embedded.Storage;
using StackExchange.Redis;

namespace Dapr.Embedded.Locks;

/// <summary>lock.redis: a key with the owner as value and an expiry.</summary>
internal sealed class RedisLockStore(ConnectionMultiplexer connection) : ILockStore
{
    private const string UnlockScript = """
        local owner = redis.call('GET', KEYS[1])
        if not owner then return 1 end
        if owner ~= ARGV[1] then return 2 end
        redis.call('DEL', KEYS[1])
        return 0
        """;

    public IReadOnlyList<string> Capabilities => [];

    public static async Task<RedisLockStore> OpenAsync(ComponentSpec spec) => new(await RedisConnection.OpenAsync(spec).ConfigureAwait(false));

    public Task<bool> TryLockAsync(string resource, string owner, TimeSpan expiry, CancellationToken cancellationToken) =>
        connection.GetDatabase().StringSetAsync(resource, owner, expiry, When.NotExists).WaitAsync(cancellationToken);

    public async Task<UnlockOutcome> UnlockAsync(string resource, string owner, CancellationToken cancellationToken) =>
        (UnlockOutcome)
            (int)
                await connection
                    .GetDatabase()
                    .ScriptEvaluateAsync(UnlockScript, [resource], [owner])
                    .WaitAsync(cancellationToken)
                    .ConfigureAwait(false);

    public async ValueTask DisposeAsync() => await connection.DisposeAsync().ConfigureAwait(false);
}
