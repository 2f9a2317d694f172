using System.Net;
using Dapr.Embedded;

namespace EmbeddedDapr.Tests;

public sealed class EmbeddedDaprTests
{
    [Fact]
    public async Task Start_TwoSidecars_EachHasItsOwnPortsAndIsHealthy()
    {
        var options = new EmbeddedDaprOptions { Sidecars = [new SidecarOptions { AppId = "a" }, new SidecarOptions { AppId = "b" }] };
        await using var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(options, TestContext.Current.CancellationToken);
        using var client = new HttpClient();
        foreach (var sidecar in dapr.Sidecars.Values)
        {
            await sidecar.ReadyAsync(TestContext.Current.CancellationToken);
            var answer = await client.GetAsync(new Uri(sidecar.HttpEndpoint, "/v1.0/healthz"), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        }
        Assert.Equal(4, dapr.Sidecars.Values.SelectMany(sidecar => new[] { sidecar.HttpPort, sidecar.GrpcPort }).Distinct().Count());
    }

    [Theory]
    [InlineData("GET", "/nothing/here")]
    [InlineData("DELETE", "/v1.0/healthz")]
    [InlineData("OPTIONS", "/v1.0/metadata")]
    public async Task Request_PathOrVerbWithoutRoute_IsTakenForAnInvocationWithoutAppId(string method, string path)
    {
        var options = new EmbeddedDaprOptions { Sidecars = [new SidecarOptions { AppId = "a" }] };
        await using var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(options, TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = dapr.Sidecars["a"].HttpEndpoint };
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("ERR_DIRECT_INVOKE", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
