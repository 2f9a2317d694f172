using System.Net;
using System.Net.Sockets;
using Dapr.Embedded;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Hosting;

public sealed class AppArrivalTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task App_ThatBindsPortZero_IsConnectedLaterAndThenSubscribed()
    {
        await using var sidecar = await StartAsync([Component("p", "pubsub.in-memory")], Token);
        await using var app = await TestApp.StartAsync(Token);
        app.Subscriptions = """[{"pubsubname":"p","topic":"t","route":"/t"}]""";
        sidecar.Sidecar.ConnectApp(app.Port);
        await sidecar.Sidecar.ReadyAsync(Token);
        using var client = sidecar.Client();
        await client.PublishEventAsync("p", "t", new { n = 1 }, Token);
        Assert.Contains("\"n\":1", (await app.WaitAsync(seen => seen.Path == "/t", 1, Token)).Single().Body);
    }

    [Fact]
    public async Task Healthz_WhileTheAppIsNotUp_IsNotReadyButOutboundIsWell()
    {
        var port = FreePort();
        await using var sidecar = await StartAsync([], Token, options => options with { AppPort = port });
        Assert.Equal(HttpStatusCode.InternalServerError, (await sidecar.Http.GetAsync("/v1.0/healthz", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.Http.GetAsync("/v1.0/healthz/outbound", Token)).StatusCode);
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        var greeting = listener.AcceptTcpClientAsync(Token).AsTask();
        using var probe = await greeting.WaitAsync(TimeSpan.FromSeconds(30), Token);
        listener.Stop();
    }

    [Fact]
    public async Task Start_PortTaken_IsOneLineWithTheAppId()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var error = await Assert.ThrowsAsync<EmbeddedDaprException>(() =>
            StartAsync([], Token, options => options with { HttpPort = ((IPEndPoint)listener.LocalEndpoint).Port })
        );
        Assert.Contains("address already in use", error.Message);
    }

    [Fact]
    public async Task Shutdown_OverHttp_AsksTheOwnerToStop()
    {
        await using var sidecar = await StartAsync([], Token);
        Assert.Equal(HttpStatusCode.NoContent, (await sidecar.Http.PostAsync("/v1.0/shutdown", null, Token)).StatusCode);
        await sidecar.Sidecar.StopRequested.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    [Fact]
    public async Task DataDirectory_InUse_IsRefused()
    {
        var folder = Directory.CreateTempSubdirectory("data-");
        await using var first = await Dapr.Embedded.EmbeddedDapr.StartAsync(new EmbeddedDaprOptions { DataDirectory = folder.FullName }, Token);
        var error = await Assert.ThrowsAsync<EmbeddedDaprException>(() =>
            Dapr.Embedded.EmbeddedDapr.StartAsync(new EmbeddedDaprOptions { DataDirectory = folder.FullName }, Token)
        );
        Assert.Contains("another process uses it", error.Message);
        await first.DisposeAsync();
        folder.Delete(recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
