using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.Bindings;

/// <summary>bindings.http reaches what its url says, and nothing else: neither by a path nor by an answer.</summary>
public sealed class HttpBindingReachTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("../x")]
    [InlineData("%2e%2e/x")]
    [InlineData("%2E%2e/x")]
    [InlineData(".%2e/x")]
    [InlineData("%2e%2e%2fx")]
    [InlineData("a/%2e%2e/%2e%2e/x")]
    [InlineData("%252e%252e/x")]
    [InlineData("..\\x")]
    [InlineData("%2e%2e%5cx")]
    [InlineData("a/.. /x")]
    public async Task Path_ThatClimbs_IsRefusedBeforeItIsSent(string path)
    {
        await using var app = await TestApp.StartAsync(Token);
        app.Answer = _ => (200, "\"here\"");
        await using var sidecar = await StartAsync([Component("out", "bindings.http", ("url", $"http://127.0.0.1:{app.Port}/base"))], Token);
        var answer = await InvokeAsync(sidecar, "get", path);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains("invalid path", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Empty(app.Seen);
    }

    [Theory]
    [InlineData("a/b?x=1", "/base/a/b?x=1")]
    [InlineData("/a%20b", "/base/a%20b")]
    [InlineData("a..b", "/base/a..b")]
    [InlineData("@other.example/x", "/base/@other.example/x")]
    public async Task Path_ThatStaysBelow_IsSent(string path, string sent)
    {
        await using var target = await TargetAsync(http =>
            http.Response.WriteAsync($"\"{http.Request.Path.ToUriComponent()}{http.Request.QueryString}\"")
        );
        await using var sidecar = await StartAsync([Component("out", "bindings.http", ("url", target.Urls.First() + "/base"))], Token);
        var answer = await InvokeAsync(sidecar, "get", path);
        Assert.Equal($"\"{sent}\"", await answer.Content.ReadAsStringAsync(Token));
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Redirect_ToAnotherPort_IsRefusedAndNothingIsSentThere(int status)
    {
        await using var other = await TestApp.StartAsync(Token);
        await using var target = await TargetAsync(http => RedirectAsync(http, status, $"http://127.0.0.1:{other.Port}/stolen"));
        await using var sidecar = await StartAsync([Component("out", "bindings.http", ("url", target.Urls.First()))], Token);
        var answer = await InvokeAsync(sidecar, "create", "");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains($"received status code {status}, a redirect to http://127.0.0.1:{other.Port}", await answer.Content.ReadAsStringAsync(Token));
        Assert.Empty(other.Seen);
    }

    [Theory]
    [InlineData(302, "GET ")]
    [InlineData(307, "POST 7")]
    public async Task Redirect_WithinTheHost_IsFollowedAsGoDoes(int status, string seen)
    {
        await using var target = await TargetAsync(async http =>
        {
            if (http.Request.Path == "/begin")
                await RedirectAsync(http, status, "/end");
            else
                await http.Response.WriteAsync($"\"{http.Request.Method} {await new StreamReader(http.Request.Body).ReadToEndAsync(Token)}\"");
        });
        await using var sidecar = await StartAsync([Component("out", "bindings.http", ("url", target.Urls.First()))], Token);
        var answer = await InvokeAsync(sidecar, "create", "begin");
        Assert.Equal($"\"{seen}\"", await answer.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task Redirect_InCircles_Ends()
    {
        await using var target = await TargetAsync(http => RedirectAsync(http, 302, "/again"));
        await using var sidecar = await StartAsync([Component("out", "bindings.http", ("url", target.Urls.First()))], Token);
        var answer = await InvokeAsync(sidecar, "get", "");
        Assert.Contains("stopped after 10 redirects", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Url_OfAReceiverThatIsAway_IsNotShownWithItsSecretPath()
    {
        await using var sidecar = await StartAsync(
            [Component("out", "bindings.http", ("url", "http://user:pass@127.0.0.1:9/services/T0/B0/secret"))],
            Token
        );
        var text = await (await InvokeAsync(sidecar, "create", "")).Content.ReadAsStringAsync(Token);
        Assert.Contains("127.0.0.1:9/", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("pass@", text, StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> InvokeAsync(TestSidecar sidecar, string operation, string path) =>
        sidecar.Http.PostAsJsonAsync(
            "/v1.0/bindings/out",
            new
            {
                operation,
                data = 7,
                metadata = new { path },
            },
            Token
        );

    private static Task RedirectAsync(HttpContext http, int status, string location)
    {
        http.Response.StatusCode = status;
        http.Response.Headers.Location = location;
        return Task.CompletedTask;
    }

    private static async Task<WebApplication> TargetAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(answer);
        await app.StartAsync(Token);
        return app;
    }
}
