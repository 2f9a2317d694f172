using System.Net;
using Grpc.Core;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Hosting;

public sealed class ApiTokenTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1.0/metadata", null, HttpStatusCode.Unauthorized)]
    [InlineData("/v1.0/metadata", "wrong", HttpStatusCode.Unauthorized)]
    [InlineData("/v1.0/metadata", "right", HttpStatusCode.OK)]
    [InlineData("/nothing", null, HttpStatusCode.Unauthorized)]
    [InlineData("/v1.0/healthz", null, HttpStatusCode.NoContent)]
    [InlineData("/v1.0/healthz/outbound", null, HttpStatusCode.NoContent)]
    [InlineData("//v1.0/healthz/../metadata", null, HttpStatusCode.Unauthorized)]
    [InlineData("/v1.0/healthz/outbound/..%2f..%2fmetadata", null, HttpStatusCode.Unauthorized)]
    public async Task Http_WithToken_OnlyHealthIsOpen(string path, string? token, HttpStatusCode expected)
    {
        await using var sidecar = await StartAsync([], Token, options => options with { ApiToken = "right" });
        await sidecar.Sidecar.ReadyAsync(Token);
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri(
                sidecar.Sidecar.HttpEndpoint.ToString().TrimEnd('/') + path,
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
            )
        );
        if (token is not null)
            request.Headers.Add("dapr-api-token", token);
        Assert.Equal(expected, (await sidecar.Http.SendAsync(request, Token)).StatusCode);
    }

    [Theory]
    [InlineData("GET", "/v1.0/healthz", HttpStatusCode.NoContent)]
    [InlineData("GET", "/v1.0/metadata", HttpStatusCode.OK)]
    [InlineData("PUT", "/v1.0/metadata/k", HttpStatusCode.NotFound)]
    [InlineData("POST", "/v1.0/shutdown", HttpStatusCode.NotFound)]
    [InlineData("GET", "/v1.0/state/s/k", HttpStatusCode.NotFound)]
    public async Task PublicPort_WithoutToken_ShowsHealthAndMetadataOnly(string method, string path, HttpStatusCode expected)
    {
        await using var sidecar = await StartAsync(
            [Component("s", "state.in-memory")],
            Token,
            options => options with { ApiToken = "right", PublicPort = 0 }
        );
        await sidecar.Sidecar.ReadyAsync(Token);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"http://127.0.0.1:{sidecar.Sidecar.PublicPort}{path}");
        Assert.Equal(expected, (await client.SendAsync(request, Token)).StatusCode);
    }

    [Fact]
    public async Task Grpc_WithoutToken_IsUnauthenticatedAndWithItServed()
    {
        await using var sidecar = await StartAsync([Component("s", "state.in-memory")], Token, options => options with { ApiToken = "right" });
        using var without = sidecar.Client();
        var refused = await Assert.ThrowsAsync<Dapr.DaprException>(() => without.GetStateAsync<int>("s", "k", cancellationToken: Token));
        Assert.Equal(StatusCode.Unauthenticated, ((RpcException)refused.InnerException!).StatusCode);
        using var with = sidecar.Client("right");
        Assert.Equal(0, await with.GetStateAsync<int>("s", "k", cancellationToken: Token));
        Assert.True(await with.CheckHealthAsync(Token));
    }
}
