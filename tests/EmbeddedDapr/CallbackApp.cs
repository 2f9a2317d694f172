using System.Collections.Concurrent;
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

namespace EmbeddedDapr.Tests;

/// <summary>A gRPC app behind a sidecar: it keeps what it is sent and answers as it is told. What has no answer is Unimplemented.</summary>
internal sealed class CallbackApp : IAsyncDisposable
{
    private readonly WebApplication app;

    private CallbackApp(WebApplication app) => this.app = app;

    public int Port { get; private set; }

    /// <summary>Every request but those that ask for subscriptions, bindings and health.</summary>
    public ConcurrentQueue<object> Seen { get; } = new();

    public List<TopicSubscription> Subscriptions { get; } = [];

    public List<string> Bindings { get; } = [];

    public Func<InvokeRequest, InvokeResponse>? Invoke { get; set; }

    public Func<TopicEventRequest, TopicEventResponse>? Event { get; set; }

    public Func<TopicEventBulkRequest, TopicEventBulkResponse>? Bulk { get; set; }

    public Func<TopicEventBulkRequest, TopicEventBulkResponse>? OldBulk { get; set; }

    public Func<BindingEventRequest, BindingEventResponse>? Binding { get; set; }

    public bool IsWell { get; set; } = true;

    public static async Task<CallbackApp> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        CallbackApp? made = null;
        builder.Services.AddSingleton(_ => new Callback(made!)).AddSingleton(_ => new Alpha(made!)).AddSingleton(_ => new Health(made!));
        var web = builder.Build();
        web.MapGrpcService<Callback>();
        web.MapGrpcService<Alpha>();
        web.MapGrpcService<Health>();
        made = new CallbackApp(web);
        await web.StartAsync(cancellationToken);
        made.Port = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        return made;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private Task<TResponse> Answer<TRequest, TResponse>(TRequest request, Func<TRequest, TResponse>? answer)
        where TRequest : class
    {
        Seen.Enqueue(request);
        return answer is null ? throw new RpcException(new Status(StatusCode.Unimplemented, "not there")) : Task.FromResult(answer(request));
    }

    private sealed class Callback(CallbackApp app) : AppCallback.AppCallbackBase
    {
        public override Task<InvokeResponse> OnInvoke(InvokeRequest request, ServerCallContext context) => app.Answer(request, app.Invoke);

        public override Task<ListTopicSubscriptionsResponse> ListTopicSubscriptions(Empty request, ServerCallContext context) =>
            Task.FromResult(new ListTopicSubscriptionsResponse { Subscriptions = { app.Subscriptions } });

        public override Task<ListInputBindingsResponse> ListInputBindings(Empty request, ServerCallContext context) =>
            Task.FromResult(new ListInputBindingsResponse { Bindings = { app.Bindings } });

        public override Task<TopicEventResponse> OnTopicEvent(TopicEventRequest request, ServerCallContext context) => app.Answer(request, app.Event);

        public override Task<TopicEventBulkResponse> OnBulkTopicEvent(TopicEventBulkRequest request, ServerCallContext context) =>
            app.Answer(request, app.Bulk);

        public override Task<BindingEventResponse> OnBindingEvent(BindingEventRequest request, ServerCallContext context) =>
            app.Answer(request, app.Binding);
    }

    private sealed class Alpha(CallbackApp app) : AppCallbackAlpha.AppCallbackAlphaBase
    {
        [Obsolete("Of the older service.")]
        public override Task<TopicEventBulkResponse> OnBulkTopicEventAlpha1(TopicEventBulkRequest request, ServerCallContext context) =>
            app.Answer(request, app.OldBulk);
    }

    private sealed class Health(CallbackApp app) : AppCallbackHealthCheck.AppCallbackHealthCheckBase
    {
        public override Task<HealthCheckResponse> HealthCheck(Empty request, ServerCallContext context) =>
            app.IsWell ? Task.FromResult(new HealthCheckResponse()) : throw new RpcException(new Status(StatusCode.Unavailable, "ill"));
    }
}
