using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
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
        await using var server = await RedisServer.StartAsync(Token);
        await using var broker = await server.BrokerAsync("app");
        await using var queue = await broker.SubscribeAsync("orders", "s", Token);
        await broker.PublishAsync([new Dapr.Embedded.PubSub.Brokers.BrokerMessage("orders", "{}"u8.ToArray(), new Dictionary<string, string> { ["ttlInSeconds"] = "5" })], Token);
        await using var plain = await ConnectionMultiplexer.ConnectAsync(server.Address);
        var entry = Assert.Single(await plain.GetDatabase().StreamRangeAsync("orders"));
        Assert.Equal(["data={}", """metadata={"ttlInSeconds":"5"}"""], entry.Values.Select(field => $"{field.Name}={field.Value}"));
        Assert.Equal("app", Assert.Single(await plain.GetDatabase().StreamGroupInfoAsync("orders")).Name);
    }

    private protected override async Task<BrokerSet> StartAsync()
    {
        var server = await RedisServer.StartAsync(Token);
        var brokers = new Dictionary<string, RedisBroker>();
        foreach (var appId in new[] { "app", "other", "one", "two" })
            brokers[appId] = await server.BrokerAsync(appId);
        return new BrokerSet(appId => brokers[appId], async () =>
        {
            foreach (var broker in brokers.Values)
                await broker.DisposeAsync();
            await server.DisposeAsync();
        });
    }

    private sealed class RedisServer(Process process, int port) : IAsyncDisposable
    {
        public string Address => $"127.0.0.1:{port}";

        public static async Task<RedisServer> StartAsync(CancellationToken cancellationToken)
        {
            var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "redis-server")).FirstOrDefault(File.Exists);
            Assert.SkipWhen(program is null, "redis-server is not on the PATH");
            var port = FreePort();
            var process = Process.Start(new ProcessStartInfo(program!, ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]) { RedirectStandardOutput = true })!;
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(TimeSpan.FromSeconds(20));
            while (true)
            {
                try
                {
                    using var socket = new TcpClient();
                    await socket.ConnectAsync(IPAddress.Loopback, port, deadline.Token);
                    return new RedisServer(process, port);
                }
                catch (SocketException)
                {
                    await Task.Delay(20, deadline.Token);
                }
            }
        }

        public async Task<RedisBroker> BrokerAsync(string appId) => new(
            await ConnectionMultiplexer.ConnectAsync(Address),
            new RedisSettings(appId, 10, 100, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5), null),
            NoScopes(appId), TimeProvider.System, NullLogger.Instance);

        public async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }
}
