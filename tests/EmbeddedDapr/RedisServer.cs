using System.Globalization;
using Tests.Support;

namespace EmbeddedDapr.Tests;

/// <summary>A redis-server of its own on a free port.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly RealServer server;

    private RedisServer(RealServer server) => this.server = server;

    public string Address => server.Url.Authority;

    public static async Task<RedisServer> StartAsync()
    {
        var port = RealServer.FreePort();
        return new RedisServer(
            await RealServer.StartAsync(
                "redis-server",
                port,
                null,
                "--port",
                port.ToString(CultureInfo.InvariantCulture),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--notify-keyspace-events",
                "KEA"
            )
        );
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
