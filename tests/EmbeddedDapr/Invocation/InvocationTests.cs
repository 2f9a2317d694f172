using System.Net;
using System.Text.Json;
using Dapr.Embedded;

namespace EmbeddedDapr.Tests.Invocation;

/// <summary>Invocation over real ports: caller, its sidecar, the callee's sidecar, the callee.</summary>
public sealed class InvocationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Invoke_PeerWithForgedIdentity_TheCalleeSeesTheTrueOneOnly()
    {
        await using var running = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1.0/invoke/callee/method/a/b?x=1&x=2")
        {
            Content = new StringContent("hello"),
        };
        foreach (
            var name in new[]
            {
                "dapr-caller-app-id",
                "dapr-caller-namespace",
                "dapr-callee-app-id",
                "dapr-embedded-token",
                "dapr-embedded-grpc-status",
            }
        )
            request.Headers.TryAddWithoutValidation(name, "forged");
        request.Headers.TryAddWithoutValidation("x-mine", "v");
        using var answer = await running.Client.SendAsync(request, Token);
        var seen = Assert.Single(running.Callee.Seen);
        Assert.Equal(("POST", "/a/b", "?x=1&x=2", "hello", "v"), (seen.Method, seen.Path, seen.Query, seen.Body, seen.Headers["x-mine"].ToString()));
        Assert.Equal(
            ["caller", "default", "callee"],
            new[] { "dapr-caller-app-id", "dapr-caller-namespace", "dapr-callee-app-id" }.Select(name => seen.Headers[name].ToString())
        );
        Assert.DoesNotContain(seen.Headers.Keys, name => name.StartsWith("dapr-embedded", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData(201)]
    [InlineData(204)]
    [InlineData(302)]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Invoke_Peer_PassesTheStatusAndTriesOnce(int status)
    {
        await using var running = await StartAsync();
        running.Callee.Answer = _ => (status, status == 204 ? "" : "the body");
        using var answer = await running.Client.GetAsync("/v1.0/invoke/callee/method/m", Token);
        Assert.Equal((status, status == 204 ? "" : "the body"), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Token)));
        Assert.Single(running.Callee.Seen);
    }

    [Theory]
    [InlineData("GET", "open/x", 200)]
    [InlineData("DELETE", "open/x", 403)]
    [InlineData("GET", "closed", 403)]
    [InlineData("GET", "open/../closed", 403)]
    [InlineData("GET", "open/%2e%2e/closed", 403)]
    [InlineData("GET", "closed/../open/x", 200)]
    public async Task Invoke_CalleeHasAccessControl_OnlyWhatItAllowsPasses(string verb, string method, int status)
    {
        await using var running = await StartAsync(
            calleeConfiguration: """
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata:
              name: c
            spec:
              accessControl:
                defaultAction: deny
                policies:
                  - appId: caller
                    trustDomain: public
                    namespace: default
                    defaultAction: deny
                    operations:
                      - name: /open/*
                        httpVerb: ["GET"]
                        action: allow
            """
        );
        using var request = new HttpRequestMessage(
            new HttpMethod(verb),
            new Uri(
                running.Client.BaseAddress + "v1.0/invoke/callee/method/" + method,
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
            )
        );
        using var answer = await running.Client.SendAsync(request, Token);
        Assert.Equal(status, (int)answer.StatusCode);
        if (status == 403)
            Assert.Contains(
                "access control policy has denied access to id: spiffe://public/ns/default/caller",
                await answer.Content.ReadAsStringAsync(Token)
            );
    }

    [Fact]
    public async Task Invoke_UnknownApp_FailsWithTheWordsOfDaprd()
    {
        await using var running = await StartAsync();
        using var answer = await running.Client.GetAsync("/v1.0/invoke/nobody/method/m", Token);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal(
            """{"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: nobody, err: couldn't find service: nobody"}""",
            await answer.Content.ReadAsStringAsync(Token)
        );
    }

    [Fact]
    public async Task Invoke_HttpEndpointResource_GoesOutWithItsHeaders()
    {
        await using var running = await StartAsync(app =>
            $$"""
                apiVersion: dapr.io/v1alpha1
                kind: HTTPEndpoint
                metadata:
                  name: outside
                spec:
                  baseUrl: http://127.0.0.1:{{app.Port}}/base
                  headers:
                    - name: x-key
                      value: secret
                """
        );
        using var answer = await running.Client.GetAsync("/v1.0/invoke/outside/method/a?b=c", Token);
        var seen = Assert.Single(running.Callee.Seen);
        Assert.Equal(("/base/a", "?b=c", "secret"), (seen.Path, seen.Query, seen.Headers["x-key"].ToString()));
    }

    [Fact]
    public async Task Invoke_BreakerOfTheCallee_OpensForOneMethodPath()
    {
        await using var running = await StartAsync(_ =>
            """
                apiVersion: dapr.io/v1alpha1
                kind: Resiliency
                metadata:
                  name: r
                spec:
                  policies:
                    circuitBreakers:
                      two: {timeout: 1h, trip: consecutiveFailures >= 2}
                  targets:
                    apps:
                      callee: {circuitBreaker: two}
                """
        );
        running.Callee.Answer = request => (request.Path == "/bad" ? 500 : 200, "");
        for (var i = 0; i < 4; i++)
            (await running.Client.GetAsync("/v1.0/invoke/callee/method/bad", Token)).Dispose();
        Assert.Equal(2, running.Callee.Seen.Count);
        using var open = await running.Client.GetAsync("/v1.0/invoke/callee/method/bad", Token);
        Assert.Contains("circuit breaker is open", await open.Content.ReadAsStringAsync(Token));
        Assert.Equal(HttpStatusCode.OK, (await running.Client.GetAsync("/v1.0/invoke/callee/method/good", Token)).StatusCode);
    }

    [Fact]
    public async Task Invoke_AppOfThePeerIsGone_FailsAtOnceNamingIt()
    {
        await using var running = await StartAsync();
        await running.Callee.DisposeAsync();
        using var answer = await running.Client.GetAsync("/v1.0/invoke/callee/method/m", Token);
        using var error = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal("ERR_DIRECT_INVOKE", error.RootElement.GetProperty("errorCode").GetString());
        Assert.Contains("error invoking app channel", error.RootElement.GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("caller", "callee")]
    [InlineData("callee", "callee")]
    public async Task Invoke_HeaderBeyondAscii_ArrivesByteForByte(string by, string target)
    {
        await using var running = await StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8 })
        {
            BaseAddress = running.Dapr.Sidecars[by].HttpEndpoint,
        };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1.0/invoke/{target}/method/m");
        request.Headers.TryAddWithoutValidation("x-name", "ключ é");
        using var answer = await client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("ключ é", Assert.Single(running.Callee.Seen).Headers["x-name"].ToString());
    }

    [Theory]
    [InlineData("caller")]
    [InlineData("callee")]
    public async Task Invoke_ChunkedBodyOverTheLimit_FailsInDaprsWords(string by)
    {
        await using var running = await StartAsync();
        using var client = new HttpClient { BaseAddress = running.Dapr.Sidecars[by].HttpEndpoint };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1.0/invoke/callee/method/m")
        {
            Content = new ByteArrayContent(new byte[5 << 20]),
        };
        request.Headers.TransferEncodingChunked = true;
        using var answer = await client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal(
            """{"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: callee, err: stream too large"}""",
            await answer.Content.ReadAsStringAsync(Token)
        );
    }

    [Fact]
    public async Task Invoke_GrpcAppThatHangsUp_FailsWithoutTheNamesOfExceptions()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var hangingUp = Task.Run(
            async () =>
            {
                while (true)
                    (await listener.AcceptSocketAsync(Token)).Dispose();
            },
            Token
        );
        await using var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions
            {
                Sidecars =
                [
                    new SidecarOptions
                    {
                        AppId = "callee",
                        AppPort = ((IPEndPoint)listener.LocalEndpoint).Port,
                        AppProtocol = AppProtocol.Grpc,
                    },
                ],
            },
            Token
        );
        using var client = new HttpClient { BaseAddress = dapr.Sidecars["callee"].HttpEndpoint };
        using var answer = await client.GetAsync("/v1.0/invoke/callee/method/m", Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.StartsWith(
            """{"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: callee, """
                + """err: rpc error: code = Internal desc = error invoking app channel: """,
            text
        );
        Assert.DoesNotContain("Exception", text);
        listener.Stop();
        await hangingUp.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    private static async Task<Running> StartAsync(Func<TestApp, string>? callerResource = null, string? calleeConfiguration = null)
    {
        var callee = await TestApp.StartAsync(Token);
        var resources = callerResource is null ? new ResourcesFolder() : new ResourcesFolder(callerResource(callee));
        var configurations = calleeConfiguration is null ? new ResourcesFolder() : new ResourcesFolder(calleeConfiguration);
        var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions
            {
                Sidecars =
                [
                    new SidecarOptions { AppId = "caller", ResourcesPaths = [resources.Path] },
                    new SidecarOptions
                    {
                        AppId = "callee",
                        AppPort = callee.Port,
                        ConfigPaths = calleeConfiguration is null ? [] : [Path.Combine(configurations.Path, "0.yaml")],
                    },
                ],
            },
            Token
        );
        await dapr.Sidecars["callee"].ReadyAsync(Token);
        callee.Seen.Clear();
        return new Running(
            callee,
            [resources, configurations],
            dapr,
            new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = dapr.Sidecars["caller"].HttpEndpoint }
        );
    }

    private sealed record Running(TestApp Callee, IReadOnlyList<ResourcesFolder> Folders, Dapr.Embedded.EmbeddedDapr Dapr, HttpClient Client)
        : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await Dapr.DisposeAsync();
            await Callee.DisposeAsync();
            foreach (var folder in Folders)
                folder.Dispose();
        }
    }
}
