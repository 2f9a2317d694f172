using System.Net;
using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Client;
using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded;
using EmbeddedDapr.Tests.Invocation;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.App;

/// <summary>--app-protocol: invocation and events reach real Kestrel apps of each kind; a certificate is not verified, as in daprd.</summary>
public sealed class AppProtocolTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(AppProtocol.Http, HttpProtocols.Http1AndHttp2, "http HTTP/1.1")]
    [InlineData(AppProtocol.H2c, HttpProtocols.Http2, "http HTTP/2")]
    [InlineData(AppProtocol.Https, HttpProtocols.Http1, "https HTTP/1.1")]
    [InlineData(AppProtocol.Https, HttpProtocols.Http1AndHttp2, "https HTTP/2")]
    public async Task HttpApp_InvocationAndEvents_ComeOverItsProtocol(AppProtocol protocol, HttpProtocols offered, string expected)
    {
        await using var app = await TestApp.StartAsync(Token, listen => Listen(listen, offered, protocol == AppProtocol.Https));
        app.Subscriptions = """[{"pubsubname":"p","topic":"t","route":"/t"}]""";
        await using var sidecar = await StartAsync(
            [Component("p", "pubsub.in-memory")],
            Token,
            options => options with { AppPort = app.Port, AppProtocol = protocol }
        );
        await sidecar.Sidecar.ReadyAsync(Token);

        using var answer = await sidecar.Http.PostAsync($"/v1.0/invoke/{AppId}/method/m", new StringContent("hello"), Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var client = sidecar.Client();
        await client.PublishEventAsync("p", "t", new { n = 1 }, Token);
        await app.WaitAsync(seen => seen.Path == "/t", 1, Token);

        Assert.Equal(["/dapr/config", "/m", "/t"], app.Seen.Select(seen => seen.Path));
        Assert.All(app.Seen, seen => Assert.Equal(expected, seen.Protocol));
        Assert.Equal("hello", app.Seen.Single(seen => seen.Path == "/m").Body);
    }

    [Fact]
    public async Task HttpsApp_HealthChecks_GoOverTls()
    {
        await using var app = await TestApp.StartAsync(Token, listen => Listen(listen, HttpProtocols.Http1AndHttp2, hasTls: true));
        await using var sidecar = await StartAsync(
            [],
            Token,
            options =>
                options with
                {
                    AppPort = app.Port,
                    AppProtocol = AppProtocol.Https,
                    EnableAppHealthCheck = true,
                    AppHealthProbeTimeout = TimeSpan.FromSeconds(30),
                }
        );
        await sidecar.Sidecar.ReadyAsync(Token);
        using var answer = await sidecar.Http.GetAsync($"/v1.0/invoke/{AppId}/method/m", Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(app.Seen, seen => seen is { Path: "/healthz", Protocol: "https HTTP/2" });
    }

    [Theory]
    [InlineData(AppProtocol.Grpc)]
    [InlineData(AppProtocol.Grpcs)]
    public async Task GrpcApp_ProxiedCallsInvocationAndEvents_ComeOverItsProtocol(AppProtocol protocol)
    {
        var callback = new Callback();
        await using var app = await EchoApp.StartAsync(Token, listen => Listen(listen, HttpProtocols.Http2, protocol == AppProtocol.Grpcs), callback);
        await using var sidecar = await StartAsync(
            [Component("p", "pubsub.in-memory")],
            Token,
            options => options with { AppPort = app.Port, AppProtocol = protocol }
        );
        await sidecar.Sidecar.ReadyAsync(Token);

        var invoker = DaprClient.CreateInvocationInvoker(AppId, sidecar.Sidecar.GrpcEndpoint.ToString());
        var echoed = await invoker
            .AsyncUnaryCall(EchoApp.Unary, null, new CallOptions(cancellationToken: Token), new StringValue { Value = "hello" })
            .ResponseAsync;
        Assert.Equal("hello", echoed.Value);
        using var answer = await sidecar.Http.GetAsync($"/v1.0/invoke/{AppId}/method/m", Token);
        Assert.Equal("m", await answer.Content.ReadAsStringAsync(Token));
        using var client = sidecar.Client();
        await client.PublishEventAsync("p", "t", new { n = 1 }, Token);
        await callback.Event.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.All(callback.Hosts, host => Assert.Equal(protocol == AppProtocol.Grpcs, host));
    }

    private static void Listen(ListenOptions listen, HttpProtocols offered, bool hasTls)
    {
        listen.Protocols = offered;
        if (hasTls)
            listen.UseHttps(SelfSigned.Certificate());
    }

    /// <summary>The services that a gRPC app offers its sidecar; notes of each call whether it came over TLS.</summary>
    internal sealed class Callback : AppCallback.AppCallbackBase
    {
        public List<bool> Hosts { get; } = [];

        public TaskCompletionSource Event { get; } = new();

        public override Task<InvokeResponse> OnInvoke(InvokeRequest request, ServerCallContext context)
        {
            Note(context);
            return Task.FromResult(new InvokeResponse { Data = new Any { Value = Google.Protobuf.ByteString.CopyFromUtf8(request.Method) } });
        }

        public override Task<ListTopicSubscriptionsResponse> ListTopicSubscriptions(Empty request, ServerCallContext context)
        {
            Note(context);
            return Task.FromResult(
                new ListTopicSubscriptionsResponse
                {
                    Subscriptions =
                    {
                        new TopicSubscription { PubsubName = "p", Topic = "t" },
                    },
                }
            );
        }

        public override Task<ListInputBindingsResponse> ListInputBindings(Empty request, ServerCallContext context) =>
            Task.FromResult(new ListInputBindingsResponse());

        public override Task<TopicEventResponse> OnTopicEvent(TopicEventRequest request, ServerCallContext context)
        {
            Note(context);
            Event.TrySetResult();
            return Task.FromResult(new TopicEventResponse());
        }

        private void Note(ServerCallContext context)
        {
            lock (Hosts)
                Hosts.Add(context.GetHttpContext().Request.IsHttps);
        }
    }
}
