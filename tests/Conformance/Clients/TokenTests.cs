using System.Net;
using Dapr.Conformance.Tests.Fixture;
using Grpc.Core;

namespace Dapr.Conformance.Tests.Clients;

/// <summary>A sidecar that demands an API token and shows an app token.</summary>
public class TokenTests(DaprFixture dapr) : ConformanceTest(dapr)
{
    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    public async Task A_call_without_the_right_token_is_401_in_plain_text(string? token)
    {
        using var response = await GetAsync("/v1.0/metadata", token);

        Assert.Equal(
            (HttpStatusCode.Unauthorized, "invalid api token\n"),
            (response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation))
        );
    }

    [Fact]
    public async Task An_unknown_path_without_the_token_is_401_too()
    {
        using var response = await GetAsync("/v1.0/no-such-route", null);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("/v1.0/healthz")]
    [InlineData("/v1.0/healthz/outbound")]
    public async Task Health_needs_no_token(string path)
    {
        using var response = await GetAsync(path, null);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Fact]
    public async Task A_call_with_the_token_is_answered()
    {
        using var response = await GetAsync("/v1.0/metadata", DaprFixture.Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task The_app_gets_its_own_token_and_not_the_callers()
    {
        var marker = Unique("t");
        using var response = await GetAsync($"/v1.0/invoke/probe-token/method/echo/{marker}", DaprFixture.Token);
        var received = (await Dapr.TokenApp.WaitAsync(each => each.Path == $"/echo/{marker}", 1, Cancellation))[0];

        Assert.Equal(DaprFixture.AppToken, received.Headers["dapr-api-token"]);
    }

    [Fact]
    public async Task Over_gRPC_a_missing_token_is_Unauthenticated()
    {
        using var client = Dapr.Client(Dapr.Guarded);
        var failure = await Assert.ThrowsAsync<DaprException>(() => client.GetStateAsync<int>("statestore", "k", cancellationToken: Cancellation));

        Assert.Equal(StatusCode.Unauthenticated, Assert.IsType<RpcException>(failure.InnerException).StatusCode);
    }

    [Fact]
    public async Task Over_gRPC_the_token_opens_the_door()
    {
        using var client = Dapr.Client(Dapr.Guarded, DaprFixture.Token);

        Assert.Equal(0, await client.GetStateAsync<int>("statestore", Unique("none"), cancellationToken: Cancellation));
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string? token)
    {
        using var client = Dapr.Http(Dapr.Guarded);
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        if (token is not null)
            request.Headers.Add("dapr-api-token", token);
        return await client.SendAsync(request, Cancellation);
    }
}
