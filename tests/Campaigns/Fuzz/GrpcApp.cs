using System.Net;
using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz;

/// <summary>The gRPC app behind the other fuzzed runtime: answers every call with what it was sent.</summary>
internal sealed class GrpcApp(WebApplication app, int port) : IAsyncDisposable
{
    public int Port => port;

    public static async Task<GrpcApp> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            (kestrel.Limits.MaxRequestHeaderCount, kestrel.Limits.MaxRequestHeadersTotalSize) = (5000, 256 << 10);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.MapGrpcService<Callback>();
        await app.StartAsync(cancellationToken);
        return new GrpcApp(app, new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }

    private sealed class Callback : AppCallback.Autogen.Grpc.v1.AppCallback.AppCallbackBase
    {
        public override Task<InvokeResponse> OnInvoke(InvokeRequest request, ServerCallContext context)
        {
            context.ResponseTrailers.Add(EchoApp.Mark, "1");
            return Task.FromResult(new InvokeResponse { Data = request.Data, ContentType = request.ContentType });
        }

        public override Task<ListTopicSubscriptionsResponse> ListTopicSubscriptions(Empty request, ServerCallContext context) =>
            Task.FromResult(
                new ListTopicSubscriptionsResponse
                {
                    Subscriptions =
                    {
                        new TopicSubscription { PubsubName = "p", Topic = "t" },
                        new TopicSubscription
                        {
                            PubsubName = "b",
                            Topic = "t",
                            DeadLetterTopic = "dead",
                        },
                        new TopicSubscription { PubsubName = "p", Topic = "bulk" },
                        new TopicSubscription { PubsubName = "p", Topic = "dead" },
                        new TopicSubscription { PubsubName = "b", Topic = "bulk" },
                        new TopicSubscription { PubsubName = "b", Topic = "dead" },
                    },
                }
            );

        public override Task<TopicEventResponse> OnTopicEvent(TopicEventRequest request, ServerCallContext context) =>
            Task.FromResult(new TopicEventResponse());

        public override Task<ListInputBindingsResponse> ListInputBindings(Empty request, ServerCallContext context) =>
            Task.FromResult(new ListInputBindingsResponse());
    }
}
