using System.Net.Http.Json;
using Dapr;
using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Client;
using Dapr.Embedded;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddedDapr.Tests;

/// <summary>The NuGet SDK, unchanged, on both sides of the runtime.</summary>
public sealed class DaprSdkMessagingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public sealed record Order(int Number, string Name);

    [Fact]
    public async Task PublishEvent_ToAnAppWithTopicAttributes_ArrivesUnwrappedAndRouted()
    {
        var plain = System.Threading.Channels.Channel.CreateUnbounded<Order>();
        var special = System.Threading.Channels.Channel.CreateUnbounded<Order>();
        await using var app = await StartAppAsync(
            HttpProtocols.Http1,
            _ => { },
            web =>
            {
                web.UseCloudEvents();
                web.MapSubscribeHandler();
                web.MapPost("/orders", async (Order order) => await plain.Writer.WriteAsync(order)).WithTopic("pubsub", "orders");
                web.MapPost("/special", async (Order order) => await special.Writer.WriteAsync(order))
                    .WithTopic(
                        new TopicOptions
                        {
                            PubsubName = "pubsub",
                            Name = "orders",
                            Match = "event.type == \"special\"",
                            Priority = 1,
                        }
                    );
            }
        );
        await using var running = await RunAsync(app, AppProtocol.Http);
        using var client = running.Client("caller");

        await client.PublishEventAsync("pubsub", "orders", new Order(1, "plain"), Token);
        await client.PublishEventAsync(
            "pubsub",
            "orders",
            new Order(2, "special"),
            new Dictionary<string, string> { ["cloudevent.type"] = "special" },
            Token
        );
        Assert.Equal(new Order(1, "plain"), await plain.Reader.ReadAsync(Token));
        Assert.Equal(new Order(2, "special"), await special.Reader.ReadAsync(Token));

        var bulk = await client.BulkPublishEventAsync("pubsub", "orders", [new Order(3, "a"), new Order(4, "b")], cancellationToken: Token);
        Assert.Empty(bulk.FailedEntries);
        Assert.Equal(3, (await plain.Reader.ReadAsync(Token)).Number);
        Assert.Equal(4, (await plain.Reader.ReadAsync(Token)).Number);
    }

    [Fact]
    public async Task InvokableHttpClient_OfAnotherApp_ReachesIt()
    {
        await using var app = await StartAppAsync(
            HttpProtocols.Http1,
            _ => { },
            web => web.MapPost("/double", (Order order) => order with { Number = order.Number * 2 })
        );
        await using var running = await RunAsync(app, AppProtocol.Http);
        using var http = DaprClient.CreateInvokeHttpClient("callee", running.Dapr.Sidecars["caller"].HttpEndpoint.ToString());
        var answer = await http.PostAsJsonAsync("/double", new Order(21, "x"), Token);
        Assert.Equal(new Order(42, "x"), await answer.Content.ReadFromJsonAsync<Order>(Token));

        using var client = running.Client("caller");
        using var invokable = client.CreateInvokableHttpClient("callee");
        Assert.Equal(
            new Order(2, "y"),
            await (await invokable.PostAsJsonAsync("/double", new Order(1, "y"), Token)).Content.ReadFromJsonAsync<Order>(Token)
        );
    }

    [Theory]
    [InlineData("callee")]
    [InlineData("caller")]
    public async Task InvocationInvoker_GrpcApp_IsProxiedStraightAndByWayOfItsSidecar(string through)
    {
        await using var app = await StartAppAsync(HttpProtocols.Http2, services => services.AddGrpc(), web => web.MapGrpcService<HealthService>());
        await using var running = await RunAsync(app, AppProtocol.Grpc);
        var invoker = DaprClient.CreateInvocationInvoker("callee", running.Dapr.Sidecars[through].GrpcEndpoint.ToString());
        var answer = await invoker.AsyncUnaryCall(HealthCheck, null, new CallOptions(cancellationToken: Token), new Empty()).ResponseAsync;
        Assert.NotNull(answer);

        var failing = invoker.AsyncUnaryCall(
            HealthCheck,
            null,
            new CallOptions(new Metadata { { "fail", "yes" } }, cancellationToken: Token),
            new Empty()
        );
        var error = await Assert.ThrowsAsync<RpcException>(() => failing.ResponseAsync);
        Assert.Equal((StatusCode.DataLoss, "as asked"), (error.StatusCode, error.Status.Detail));
    }

    private static Method<Empty, HealthCheckResponse> HealthCheck { get; } =
        new(
            MethodType.Unary,
            "dapr.proto.runtime.v1.AppCallbackHealthCheck",
            "HealthCheck",
            Marshallers.Create(message => message.ToByteArray(), Empty.Parser.ParseFrom),
            Marshallers.Create(message => message.ToByteArray(), HealthCheckResponse.Parser.ParseFrom)
        );

    internal sealed class HealthService : AppCallbackHealthCheck.AppCallbackHealthCheckBase
    {
        public override Task<HealthCheckResponse> HealthCheck(Empty request, ServerCallContext context) =>
            context.RequestHeaders.GetValue("fail") is null
                ? Task.FromResult(new HealthCheckResponse())
                : throw new RpcException(new Status(StatusCode.DataLoss, "as asked"));
    }

    private static async Task<WebApplication> StartAppAsync(
        HttpProtocols protocols,
        Action<IServiceCollection> services,
        Action<WebApplication> routes
    )
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        services(builder.Services);
        var app = builder.Build();
        routes(app);
        await app.StartAsync(Token);
        return app;
    }

    private static async Task<Running> RunAsync(WebApplication app, AppProtocol protocol)
    {
        var port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        var resources = new ResourcesFolder(ResourcesFolder.PubSub);
        var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions
            {
                Sidecars =
                [
                    new SidecarOptions
                    {
                        AppId = "callee",
                        AppPort = port,
                        AppProtocol = protocol,
                        ResourcesPaths = [resources.Path],
                    },
                    new SidecarOptions { AppId = "caller", ResourcesPaths = [resources.Path] },
                ],
            },
            Token
        );
        await dapr.Sidecars["callee"].ReadyAsync(Token);
        return new Running(dapr, resources);
    }

    private sealed record Running(Dapr.Embedded.EmbeddedDapr Dapr, ResourcesFolder Resources) : IAsyncDisposable
    {
        public DaprClient Client(string appId) =>
            new DaprClientBuilder()
                .UseHttpEndpoint(Dapr.Sidecars[appId].HttpEndpoint.ToString())
                .UseGrpcEndpoint(Dapr.Sidecars[appId].GrpcEndpoint.ToString())
                .Build();

        public async ValueTask DisposeAsync()
        {
            await Dapr.DisposeAsync();
            Resources.Dispose();
        }
    }
}
