using Dapr.Embedded.Components;
using Dapr.Embedded.Storage;
using StackExchange.Redis;

namespace Dapr.Embedded.Configuration;

/// <summary>configuration.redis: plain keys; changes are heard through keyspace notifications (notify-keyspace-events KEA).</summary>
internal sealed class RedisConfigurationStore(ConnectionMultiplexer connection) : IConfigurationStore
{
    private readonly IDatabase database = connection.GetDatabase();

    public IReadOnlyList<string> Capabilities => [];

    public static async Task<RedisConfigurationStore> OpenAsync(ComponentSpec spec) =>
        new(await RedisConnection.OpenAsync(spec).ConfigureAwait(false));

    public async Task<IReadOnlyDictionary<string, ConfigurationItem>> GetAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var wanted = keys.Count > 0 ? keys : await AllKeysAsync(cancellationToken).ConfigureAwait(false);
        var items = new Dictionary<string, ConfigurationItem>(StringComparer.Ordinal);
        foreach (var key in wanted)
        {
            if (await ReadAsync(key, cancellationToken).ConfigureAwait(false) is { } item)
                items[key] = item;
        }
        return items;
    }

    public async Task<IAsyncDisposable> SubscribeAsync(IReadOnlyList<string> keys, ConfigurationChanged changed, CancellationToken cancellationToken)
    {
        var prefix = $"__keyspace@{database.Database}__:";
        var queues = new List<ChannelMessageQueue>();
        foreach (var key in keys.Count > 0 ? keys : ["*"])
        {
            var channel = keys.Count > 0 ? RedisChannel.Literal(prefix + key) : RedisChannel.Pattern(prefix + "*");
            var queue = await connection.GetSubscriber().SubscribeAsync(channel).WaitAsync(cancellationToken).ConfigureAwait(false);
            queue.OnMessage(async message =>
            {
                if (message.Message != "set")
                    return;
                var name = message.Channel.ToString()[prefix.Length..];
                if (await ReadAsync(name, CancellationToken.None).ConfigureAwait(false) is { } item)
                    await changed(new Dictionary<string, ConfigurationItem> { [name] = item }).ConfigureAwait(false);
            });
            queues.Add(queue);
        }
        return new Subscription(queues);
    }

    public async ValueTask DisposeAsync() => await connection.DisposeAsync().ConfigureAwait(false);

    private async Task<ConfigurationItem?> ReadAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            var value = await database.StringGetAsync(key).WaitAsync(cancellationToken).ConfigureAwait(false);
            return value.IsNull ? null : ConfigurationItem.Parse(value.ToString());
        }
        catch (RedisServerException error) when (error.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal))
        {
            // A key that is no text, a state hash for example, is no configuration.
            return null;
        }
    }

    private async Task<IReadOnlyList<string>> AllKeysAsync(CancellationToken cancellationToken)
    {
        var keys = new List<string>();
        await foreach (var key in connection.GetServers()[0].KeysAsync(database.Database).WithCancellation(cancellationToken).ConfigureAwait(false))
            keys.Add(key.ToString());
        return keys;
    }

    private sealed class Subscription(IReadOnlyList<ChannelMessageQueue> queues) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var queue in queues)
                await queue.UnsubscribeAsync().ConfigureAwait(false);
        }
    }
}
