using System.Net;
using Dapr.Client;
using Grpc.Core;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.AccessControl;

/// <summary><c>spec.api</c> and <c>spec.components</c> of the Configuration, over real ports.</summary>
public sealed class ApiRulesTests
{
    private const string NoRoute =
        """{"errorCode":"ERR_DIRECT_INVOKE","message":"failed getting app id either from the URL path or the header dapr-app-id"}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("denied: [{name: state, version: v1, protocol: http}]", "secret")]
    [InlineData("denied: [{name: state, version: v1.0, protocol: http}]", "secret")]
    [InlineData("allowed: [{name: secrets, version: v1, protocol: http}, {name: invoke, version: v1, protocol: http}]", "secret")]
    [InlineData("allowed: [{name: state, version: v1, protocol: http}, {name: invoke, version: v1, protocol: http}]", "state")]
    [InlineData(
        "allowed: [{name: state, version: v1, protocol: http}, {name: invoke, version: v1, protocol: http}], "
            + "denied: [{name: state, version: v1, protocol: http}]",
        ""
    )]
    [InlineData("allowed: [{name: state, version: v1, protocol: grpc}]", "state secret")]
    [InlineData("denied: [{name: state, version: v1alpha1, protocol: http}]", "state secret")]
    public async Task Http_WhatIsNotAllowed_IsAsIfItHadNoRoute(string rules, string served)
    {
        await using var running = await RunningApi.StartAsync($"api: {{{rules}}}");
        Assert.Equal(served.Contains("state"), await IsServedAsync(running, "/v1.0/state/s/k"));
        Assert.Equal(served.Contains("secret"), await IsServedAsync(running, "/v1.0/secrets/e/NO_SUCH_VARIABLE"));
        Assert.Equal(HttpStatusCode.NoContent, (await running.Http.GetAsync("/v1.0/healthz", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await running.Http.GetAsync("/v1.0/healthz/outbound", Token)).StatusCode);
    }

    [Theory]
    [InlineData("/v1.0/invoke/tested/method/m")]
    [InlineData("/nothing/here")]
    [InlineData("/v1.0/state/s/k")]
    public async Task Http_InvocationDenied_WhatHasNoRouteIsPlainText(string path)
    {
        await using var running = await RunningApi.StartAsync(
            "api: {denied: [{name: invoke, version: v1, protocol: http}, {name: state, version: v1, protocol: http}]}"
        );
        using var answer = await running.Http.GetAsync(path, Token);
        Assert.Equal(
            (404, "404 page not found\n", "text/plain; charset=utf-8"),
            ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Token), answer.Content.Headers.ContentType?.ToString())
        );
        Assert.True(await IsServedAsync(running, "/v1.0/secrets/e/NO_SUCH_VARIABLE"));
    }

    [Fact]
    public async Task Http_MetadataDenied_IsNotOnThePublicPortEither()
    {
        await using var running = await RunningApi.StartAsync("api: {denied: [{name: metadata, version: v1, protocol: http}]}");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{running.Sidecar.PublicPort}") };
        using var answer = await http.GetAsync("/v1.0/metadata", Token);
        Assert.Equal((404, "404 page not found\n"), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Token)));
        Assert.Equal(HttpStatusCode.NoContent, (await http.GetAsync("/v1.0/healthz", Token)).StatusCode);
        Assert.False(await IsServedAsync(running, "/v1.0/metadata"));
    }

    [Theory]
    [InlineData("denied: [{name: state, version: v1, protocol: grpc}]", false, true)]
    [InlineData("allowed: [{name: state, version: v1, protocol: grpc}]", true, false)]
    [InlineData("allowed: [{name: state, version: v1, protocol: http}]", true, true)]
    [InlineData("allowed: [{name: nothing, version: v1, protocol: grpc}]", true, true)]
    public async Task Grpc_WhatIsNotAllowed_IsUnimplemented(string rules, bool state, bool publish)
    {
        await using var running = await RunningApi.StartAsync($"api: {{{rules}}}");
        using var client = running.Client();
        await ServedAsync(state, () => client.GetStateAsync<string>("s", "k", cancellationToken: Token));
        await ServedAsync(publish, () => client.PublishEventAsync("p", "t", "x", Token));
    }

    [Fact]
    public async Task Grpc_AllowListOfState_LeavesProxiedMethodsAndWorkflowsAlone()
    {
        await using var app = await Invocation.EchoApp.StartAsync(Token);
        await using var running = await RunningApi.StartAsync("api: {allowed: [{name: state, version: v1, protocol: grpc}]}", app.Port);
        await running.Sidecar.ReadyAsync(Token);
        var invoker = DaprClient.CreateInvocationInvoker(AppId, running.Sidecar.GrpcEndpoint.ToString());
        var answer = await invoker
            .AsyncUnaryCall(Invocation.EchoApp.Unary, null, new CallOptions(cancellationToken: Token), new() { Value = "x" })
            .ResponseAsync;
        Assert.Equal("x", answer.Value);
        var empty = Marshallers.Create(_ => Array.Empty<byte>(), _ => "");
        var hello = new Method<string, string>(MethodType.Unary, "TaskHubSidecarService", "Hello", empty, empty);
        Assert.Equal("", await invoker.AsyncUnaryCall(hello, null, new CallOptions(cancellationToken: Token), "").ResponseAsync);
    }

    [Theory]
    [InlineData("state.in-memory", true)]
    [InlineData("state.in-memory/v1", true)]
    [InlineData("state.in-memory/v2", false)]
    [InlineData("state.in-memory/v1/more", false)]
    [InlineData("state", false)]
    [InlineData("state.redis", false)]
    public async Task ComponentsDeny_ATypeOrOneVersionOfIt_LeavesTheComponentOut(string denied, bool isLeftOut)
    {
        await using var running = await RunningApi.StartAsync($"components: {{deny: [\"{denied}\"]}}");
        using var answer = await running.Http.GetAsync("/v1.0/state/s/k", Token);
        Assert.Equal(isLeftOut ? HttpStatusCode.InternalServerError : HttpStatusCode.NoContent, answer.StatusCode);
        if (isLeftOut)
            Assert.Contains("ERR_STATE_STORE_NOT_CONFIGURED", await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal(!isLeftOut, (await running.Http.GetStringAsync("/v1.0/metadata", Token)).Contains("state.in-memory", StringComparison.Ordinal));
        Assert.True(await IsServedAsync(running, "/v1.0/secrets/e/NO_SUCH_VARIABLE"));
    }

    private static async Task<bool> IsServedAsync(RunningApi running, string path)
    {
        using var answer = await running.Http.GetAsync(path, Token);
        if (answer.IsSuccessStatusCode)
            return true;
        Assert.Equal((404, NoRoute), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Token)));
        return false;
    }

    private static async Task ServedAsync(bool expected, Func<Task> call)
    {
        if (expected)
        {
            await call();
            return;
        }
        var error = await Assert.ThrowsAnyAsync<Exception>(call);
        var rpc = Assert.IsType<RpcException>(error as RpcException ?? error.InnerException);
        Assert.Equal((StatusCode.Unimplemented, "Not Implemented"), (rpc.StatusCode, rpc.Status.Detail));
        var details = Google.Rpc.Status.Parser.ParseFrom(rpc.Trailers.GetValueBytes("grpc-status-details-bin"));
        Assert.Equal("requested endpoint is not available", details.Details.Single().Unpack<Google.Rpc.ErrorInfo>().Metadata["http.error_message"]);
    }
}
