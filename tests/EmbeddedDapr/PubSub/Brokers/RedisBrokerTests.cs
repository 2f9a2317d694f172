using Dapr.Embedded.PubSub.Brokers.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace EmbeddedDapr.Tests.PubSub.Brokers;

/// <summary>Against a redis-server of its own; skipped where there is none.</summary>
public sealed class RedisBrokerTests : BrokerContractTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_WritesDaprsLayout()
    {
        await using var server = await RedisServer.StartAsync();
        await using var broker = await BrokerAsync(server, "app");
        await using var queue = await broker.SubscribeAsync("orders", "s", Token);
        await broker.PublishAsync(
            [new Dapr.Embedded.PubSub.Brokers.BrokerMessage("orders", "{}"u8.ToArray(), new Dictionary<string, string> { ["ttlInSeconds"] = "5" })],
            Token
        );
        await using var plain = await ConnectionMultiplexer.ConnectAsync(server.Address);
        var entry = Assert.Single(await plain.GetDatabase().StreamRangeAsync("orders"));
        Assert.Equal(["data={}", """metadata={"ttlInSeconds":"5"}"""], entry.Values.Select(field => $"{field.Name}={field.Value}"));
        Assert.Equal("app", Assert.Single(await plain.GetDatabase().StreamGroupInfoAsync("orders")).Name);
    }

    private protected override async Task<BrokerSet> StartAsync()
    {
        var server = await RedisServer.StartAsync();
        var brokers = new Dictionary<string, RedisBroker>();
        foreach (var appId in new[] { "app", "other", "one", "two" })
            brokers[appId] = await BrokerAsync(server, appId);
        return new BrokerSet(
            appId => brokers[appId],
            async () =>
            {
                foreach (var broker in brokers.Values)
                    await broker.DisposeAsync();
                await server.DisposeAsync();
            }
        );
    }

    private static async Task<RedisBroker> BrokerAsync(RedisServer server, string appId) =>
        new(
            await ConnectionMultiplexer.ConnectAsync(server.Address),
            new RedisSettings(appId, 10, 100, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5), null),
            NoScopes(appId),
            TimeProvider.System,
            NullLogger.Instance
        );
}
