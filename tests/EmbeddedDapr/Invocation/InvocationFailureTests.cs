using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Dapr.Client;
using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded;
using Dapr.Embedded.Names;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Time.Testing;
using static EmbeddedDapr.Tests.TestSidecar;
using Verb = Dapr.Client.Autogen.Grpc.v1.HTTPExtension.Types.Verb;

namespace EmbeddedDapr.Tests.Invocation;

/// <summary>What a caller hears when an invocation cannot be made, and what is tried again.</summary>
public sealed class InvocationFailureTests
{
    private const string Retries = """
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata:
          name: r
        spec:
          policies:
            retries:
              quick: {policy: constant, duration: 5ms, maxRetries: 2}
          targets:
            apps:
              tested: {retry: quick}
        """;

    private static readonly Method<InvokeServiceRequest, InvokeResponse> InvokeService = new(
        MethodType.Unary,
        "dapr.proto.runtime.v1.Dapr",
        "InvokeService",
        Marshallers.Create(message => message.ToByteArray(), InvokeServiceRequest.Parser.ParseFrom),
        Marshallers.Create(message => message.ToByteArray(), InvokeResponse.Parser.ParseFrom)
    );

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Invoke_NoAppBehindTheSidecar_SaysThatThereIsNoChannel()
    {
        await using var sidecar = await StartAsync([], Token);
        using var answer = await sidecar.Http.GetAsync($"/v1.0/invoke/{AppId}/method/m", Token);
        Assert.Equal(
            (500, "failed to invoke, id: tested, err: cannot invoke local endpoint: app channel not initialized"),
            ((int)answer.StatusCode, await MessageAsync(answer))
        );
    }

    [Fact]
    public async Task Invoke_SidecarThatIsNamedAndNotThere_IsTriedFourTimesASecondApart()
    {
        var clock = new FakeTimeProvider();
        await using var sidecar = await StartAsync([], Token, time: clock);
        await using var ghost = await sidecar.Sidecar.Context.Names.RegisterAsync(
            new SidecarAddress("ghost", "default", "127.0.0.1", ClosedPort(), "t"),
            Token
        );
        var begin = clock.GetUtcNow();
        var invoking = sidecar.Http.GetAsync("/v1.0/invoke/ghost/method/m", Token);
        await Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(100));
                return Task.FromResult(invoking.IsCompleted);
            },
            "the invocation ends",
            Token
        );
        using var answer = await invoking;
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.StartsWith(
            "failed to invoke, id: ghost, err: failed to invoke target ghost after 3 retries. Error: rpc error: code = Unavailable",
            await MessageAsync(answer),
            StringComparison.Ordinal
        );
        Assert.True(clock.GetUtcNow() - begin >= TimeSpan.FromSeconds(3), $"three pauses of a second took {clock.GetUtcNow() - begin}");
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 3)]
    public async Task Invoke_RetryPolicyAndABodyOfUnknownLength_IsNotRepeated(bool isChunked, int tries)
    {
        await using var app = await TestApp.StartAsync(Token);
        app.Answer = seen => (seen.Path == "/m" ? 500 : 200, "no");
        await using var sidecar = await StartAsync([Retries], Token, options => options with { AppPort = app.Port });
        await sidecar.Sidecar.ReadyAsync(Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1.0/invoke/{AppId}/method/m") { Content = new StringContent("body") };
        request.Headers.TransferEncodingChunked = isChunked;
        using var answer = await sidecar.Http.SendAsync(request, Token);
        Assert.Equal((500, "no"), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Token)));
        var seen = app.Seen.Where(one => one.Path == "/m").ToList();
        Assert.Equal(tries, seen.Count);
        Assert.All(seen, one => Assert.Equal("body", one.Body));
    }

    [Theory]
    [InlineData(StatusCode.NotFound)]
    [InlineData(StatusCode.AlreadyExists)]
    [InlineData(StatusCode.DataLoss)]
    public async Task InvokeService_GrpcApp_ItsStatusComesBackAsItIs(StatusCode code)
    {
        await using var app = await CallbackApp.StartAsync(Token);
        app.Invoke = _ => throw new RpcException(new Grpc.Core.Status(code, "in its words"));
        await using var sidecar = await StartAsync([], Token, options => options with { AppPort = app.Port, AppProtocol = AppProtocol.Grpc });
        await sidecar.Sidecar.ReadyAsync(Token);
        var error = await InvokeServiceFailsAsync(sidecar.Sidecar, AppId, "m");
        Assert.Equal((code, "in its words"), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task Grpc_CalleeHasAccessControl_ProxiedCallsAndInvokeServiceArePermissionDenied()
    {
        await using var app = await EchoApp.StartAsync(Token);
        var configuration = new ResourcesFolder(
            """
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata:
              name: c
            spec:
              accessControl:
                defaultAction: deny
                policies:
                  - {appId: caller, trustDomain: public, namespace: default, defaultAction: deny,
                     operations: [{name: /test.Echo/Unary, action: allow}]}
            """
        );
        await using var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions
            {
                Sidecars =
                [
                    new SidecarOptions { AppId = "caller" },
                    new SidecarOptions
                    {
                        AppId = "callee",
                        AppPort = app.Port,
                        AppProtocol = AppProtocol.Grpc,
                        ConfigPaths = [Path.Combine(configuration.Path, "0.yaml")],
                    },
                ],
            },
            Token
        );
        await dapr.Sidecars["callee"].ReadyAsync(Token);
        var invoker = DaprClient.CreateInvocationInvoker("callee", dapr.Sidecars["caller"].GrpcEndpoint.ToString());
        Assert.Equal(
            "x",
            (
                await invoker
                    .AsyncUnaryCall(EchoApp.Unary, null, new CallOptions(cancellationToken: Token), new StringValue { Value = "x" })
                    .ResponseAsync
            ).Value
        );
        using var streaming = invoker.AsyncServerStreamingCall(
            EchoApp.ServerStreaming,
            null,
            new CallOptions(cancellationToken: Token),
            new StringValue()
        );
        var proxied = await Assert.ThrowsAsync<RpcException>(() => streaming.ResponseStream.MoveNext(Token));
        var invoked = await InvokeServiceFailsAsync(dapr.Sidecars["caller"], "callee", "closed");
        Assert.Equal([StatusCode.PermissionDenied, StatusCode.PermissionDenied], [proxied.StatusCode, invoked.StatusCode]);
        Assert.Contains(
            "access control policy has denied access to id: spiffe://public/ns/default/caller operation: test.Echo/ServerStreaming",
            proxied.Status.Detail
        );
        Assert.Single(app.Calls);
        configuration.Dispose();
    }

    private static async Task<RpcException> InvokeServiceFailsAsync(Sidecar through, string appId, string method)
    {
        using var channel = GrpcChannel.ForAddress(through.GrpcEndpoint);
        var request = new InvokeServiceRequest
        {
            Id = appId,
            Message = new InvokeRequest
            {
                Method = method,
                Data = new Any(),
                HttpExtension = new HTTPExtension { Verb = Verb.Post },
            },
        };
        var call = channel.CreateCallInvoker().AsyncUnaryCall(InvokeService, null, new CallOptions(cancellationToken: Token), request);
        return await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
    }

    private static async Task<string?> MessageAsync(HttpResponseMessage answer)
    {
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal("ERR_DIRECT_INVOKE", body.RootElement.GetProperty("errorCode").GetString());
        return body.RootElement.GetProperty("message").GetString();
    }

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
