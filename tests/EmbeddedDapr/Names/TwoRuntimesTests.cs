using System.Net;
using Dapr.Embedded;

namespace EmbeddedDapr.Tests.Names;

public sealed class TwoRuntimesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Invoke_AppOfAnotherRuntime_IsFoundThroughTheNamesFolder()
    {
        var names = Directory.CreateTempSubdirectory("names-");
        await using var app = await TestApp.StartAsync(Token);
        app.Answer = seen => (200, $"hello from {seen.Path}");
        await using var callee = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions { NamesDirectory = names.FullName, Sidecars = [new SidecarOptions { AppId = "callee", AppPort = app.Port }] },
            Token
        );
        await using var caller = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions { NamesDirectory = names.FullName, Sidecars = [new SidecarOptions { AppId = "caller" }] },
            Token
        );
        using var http = new HttpClient { BaseAddress = caller.Sidecars["caller"].HttpEndpoint };
        Assert.Equal("hello from /x", await http.GetStringAsync("/v1.0/invoke/callee/method/x", Token));
        await callee.DisposeAsync();
        Assert.Equal(HttpStatusCode.InternalServerError, (await http.GetAsync("/v1.0/invoke/callee/method/x", Token)).StatusCode);
        names.Delete(recursive: true);
    }

    [Fact]
    public async Task InternalPort_WithoutTheTokenOfTheNames_IsClosed()
    {
        await using var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions { Sidecars = [new SidecarOptions { AppId = "a" }] },
            Token
        );
        var address = await dapr.Sidecars["a"].Context.Names.FindAsync("a", "default", Token);
        using var http = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(address!.Endpoint, Token)).StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Get, address.Endpoint)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Add(Dapr.Embedded.Names.SidecarAddress.TokenHeader, address.Token);
        Assert.NotEqual(HttpStatusCode.Unauthorized, (await http.SendAsync(request, Token)).StatusCode);
    }
}
