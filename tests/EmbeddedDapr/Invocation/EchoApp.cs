using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace EmbeddedDapr.Tests.Invocation;

/// <summary>A gRPC app with one method of each kind: each answers with what it was sent.</summary>
internal sealed class EchoApp : IAsyncDisposable
{
    private readonly WebApplication app;

    private EchoApp(WebApplication app) => this.app = app;

    public int Port { get; private set; }

    public static Method<StringValue, StringValue> Unary { get; } = Of(MethodType.Unary);

    public static Method<StringValue, StringValue> ServerStreaming { get; } = Of(MethodType.ServerStreaming);

    public static Method<StringValue, StringValue> ClientStreaming { get; } = Of(MethodType.ClientStreaming);

    public static Method<StringValue, StringValue> DuplexStreaming { get; } = Of(MethodType.DuplexStreaming);

    /// <summary>Headers of each call, in their order.</summary>
    public ConcurrentQueue<Metadata> Calls { get; } = new();

    /// <summary>Runs before a call is answered; it may throw or wait. The number is 1 for the first call.</summary>
    public Func<int, ServerCallContext, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Runs after the messages of a call were answered, before its end.</summary>
    public Func<int, ServerCallContext, Task> After { get; set; } = (_, _) => Task.CompletedTask;

    /// <param name="cancellationToken">Ends the start.</param>
    /// <param name="configure">Of the listening port; HTTP/2 in clear text by default.</param>
    /// <param name="callback">What the app offers its sidecar beside its own service.</param>
    public static async Task<EchoApp> StartAsync(
        CancellationToken cancellationToken,
        Action<ListenOptions>? configure = null,
        App.AppProtocolTests.Callback? callback = null
    )
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, configure ?? (listen => listen.Protocols = HttpProtocols.Http2))
        );
        builder.Services.AddGrpc();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<Service>, Binder>());
        var holder = new Holder();
        builder.Services.AddSingleton(holder);
        if (callback is not null)
            builder.Services.AddSingleton(callback);
        var web = builder.Build();
        web.MapGrpcService<Service>();
        if (callback is not null)
            web.MapGrpcService<App.AppProtocolTests.Callback>();
        var made = new EchoApp(web);
        holder.App = made;
        await web.StartAsync(cancellationToken);
        made.Port = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        return made;
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new(TimeSpan.FromSeconds(1));
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    private static Method<StringValue, StringValue> Of(MethodType type)
    {
        var messages = Marshallers.Create(message => message.ToByteArray(), StringValue.Parser.ParseFrom);
        return new Method<StringValue, StringValue>(type, "test.Echo", type.ToString(), messages, messages);
    }

    private sealed class Holder
    {
        public EchoApp App { get; set; } = null!;
    }

    private sealed class Service(Holder holder)
    {
        public async Task AnswerAsync(IAsyncStreamReader<StringValue> sent, IServerStreamWriter<StringValue> answer, ServerCallContext call)
        {
            var number = await BeginAsync(call);
            while (await sent.MoveNext(call.CancellationToken))
                await answer.WriteAsync(sent.Current, call.CancellationToken);
            await holder.App.After(number, call);
        }

        public async Task<StringValue> JoinAsync(IAsyncStreamReader<StringValue> sent, ServerCallContext call)
        {
            var number = await BeginAsync(call);
            var parts = new List<string>();
            while (await sent.MoveNext(call.CancellationToken))
                parts.Add(sent.Current.Value);
            await holder.App.After(number, call);
            return new StringValue { Value = string.Join(',', parts) };
        }

        public async Task<StringValue> EchoAsync(StringValue sent, ServerCallContext call)
        {
            await BeginAsync(call);
            call.ResponseTrailers.Add("x-trailer", "end");
            await call.WriteResponseHeadersAsync(new Metadata { { "x-header", "begin" } });
            return sent;
        }

        /// <summary>Three times the message.</summary>
        public async Task RepeatAsync(StringValue sent, IServerStreamWriter<StringValue> answer, ServerCallContext call)
        {
            var number = await BeginAsync(call);
            for (var i = 0; i < 3; i++)
                await answer.WriteAsync(sent, call.CancellationToken);
            await holder.App.After(number, call);
        }

        private async Task<int> BeginAsync(ServerCallContext call)
        {
            holder.App.Calls.Enqueue(call.RequestHeaders);
            var number = holder.App.Calls.Count;
            await holder.App.Before(number, call);
            return number;
        }
    }

    private sealed class Binder : IServiceMethodProvider<Service>
    {
        public void OnServiceMethodDiscovery(ServiceMethodProviderContext<Service> context)
        {
            context.AddUnaryMethod(Unary, [], (service, request, call) => service.EchoAsync(request, call));
            context.AddServerStreamingMethod(ServerStreaming, [], (service, request, answer, call) => service.RepeatAsync(request, answer, call));
            context.AddClientStreamingMethod(ClientStreaming, [], (service, sent, call) => service.JoinAsync(sent, call));
            context.AddDuplexStreamingMethod(DuplexStreaming, [], (service, sent, answer, call) => service.AnswerAsync(sent, answer, call));
        }
    }
}
