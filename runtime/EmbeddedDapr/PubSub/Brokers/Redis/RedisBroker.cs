using System.Text.Json;
using Dapr.Embedded.Components;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Storage;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Dapr.Embedded.PubSub.Brokers.Redis;

/// <summary>
/// <c>pubsub.redis</c>: Redis streams in daprd's layout (a stream for each topic, a group for each consumer, fields <c>data</c> and
/// <c>metadata</c>), so that apps behind daprd and behind this runtime can share a Redis. A failed message stays pending and comes back.
/// </summary>
internal sealed class RedisBroker(ConnectionMultiplexer connection, RedisSettings settings, TopicScopes scopes, TimeProvider time, ILogger log)
    : IBroker
{
    public const string TypeName = "pubsub.redis";

    public const string DataField = "data";

    public const string MetadataField = "metadata";

    public static ComponentType Type { get; } = new(TypeName, StartAsync);

    public IReadOnlyList<string> Capabilities => [];

    public int Concurrency => settings.Concurrency;

    public TopicScopes Scopes => scopes;

    public Task PublishAsync(IReadOnlyList<BrokerMessage> messages, CancellationToken cancellationToken)
    {
        var database = connection.GetDatabase();
        return Task.WhenAll(messages.Select(message => AddAsync(database, message))).WaitAsync(cancellationToken);
    }

    public async Task<IBrokerQueue> SubscribeAsync(string topic, string subscription, CancellationToken cancellationToken)
    {
        var database = connection.GetDatabase();
        try
        {
            await database
                .StreamCreateConsumerGroupAsync(topic, settings.Consumer, StreamPosition.Beginning, createStream: true)
                .WaitAsync(cancellationToken)
                .ConfigureAwait(false);
        }
        catch (RedisServerException error) when (error.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
            // The group is there already.
        }
        return new RedisQueue(database, topic, settings, time, log);
    }

    public async ValueTask DisposeAsync() => await connection.DisposeAsync().ConfigureAwait(false);

    private Task AddAsync(IDatabase database, BrokerMessage message)
    {
        var fields = new List<NameValueEntry> { new(DataField, message.Data) };
        if (message.Metadata.Count > 0)
            fields.Add(new NameValueEntry(MetadataField, JsonSerializer.Serialize(message.Metadata)));
        return database.StreamAddAsync(message.Topic, [.. fields], maxLength: settings.MaxLengthApprox, useApproximateMaxLength: true);
    }

    private static async Task<IComponent> StartAsync(ComponentSpec spec, SidecarContext context, CancellationToken cancellationToken)
    {
        var connection = await RedisConnection.OpenAsync(spec).WaitAsync(cancellationToken).ConfigureAwait(false);
        return new RedisBroker(
            connection,
            RedisSettings.Of(spec, context.AppId),
            new TopicScopes(spec.Metadata, context.AppId),
            context.Time,
            context.LoggerFactory.CreateLogger<RedisBroker>()
        );
    }
}
