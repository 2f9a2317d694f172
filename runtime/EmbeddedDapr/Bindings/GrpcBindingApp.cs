using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Embedded.Hosting;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dapr.Embedded.Bindings;

/// <summary>Input bindings of a gRPC app: ListInputBindings asks, OnBindingEvent delivers.</summary>
internal sealed class GrpcBindingApp(SidecarContext context, BindingReplies replies) : IBindingApp
{
    private static readonly Method<Empty, ListInputBindingsResponse> List = Method<Empty, ListInputBindingsResponse>("ListInputBindings");
    private static readonly Method<BindingEventRequest, BindingEventResponse> Event = Method<BindingEventRequest, BindingEventResponse>(
        "OnBindingEvent"
    );
    private readonly SemaphoreSlim asking = new(1, 1);
    private (int Port, HashSet<string> Names)? asked;

    /// <summary>The app is asked once for all bindings, and again when it came back on another port.</summary>
    public async Task<bool> WantsAsync(string name, string route, CancellationToken cancellationToken)
    {
        await asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var port = context.App.Port ?? 0;
            if (asked?.Port != port)
                asked = (port, await ListAsync(cancellationToken).ConfigureAwait(false));
            return asked.Value.Names.Contains(name);
        }
        finally
        {
            asking.Release();
        }
    }

    public async Task DeliverAsync(string name, string route, BindingEvent one, TraceContext trace, CancellationToken cancellationToken)
    {
        var request = new BindingEventRequest { Name = name, Data = UnsafeByteOperations.UnsafeWrap(one.Data) };
        request.Metadata.Add(new Dictionary<string, string>(one.Metadata));
        BindingEventResponse answer;
        try
        {
            answer = await context
                .App.LimitAsync(
                    async () =>
                    {
                        using var call = context.App.Grpc.CreateCallInvoker().AsyncUnaryCall(Event, null, Options(trace, cancellationToken), request);
                        return await call.ResponseAsync.ConfigureAwait(false);
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);
        }
        catch (RpcException error)
        {
            throw new BindingException($"the app answered {error.StatusCode} to OnBindingEvent: {error.Status.Detail}", error);
        }
        var states = answer
            .States.Select(item => new State.StateItem(item.Key, item.Value.ToByteArray(), item.Etag?.Value, item.Metadata, "", ""))
            .ToList();
        await replies
            .ApplyAsync(
                answer.StoreName,
                states,
                answer.To,
                answer.Data.ToByteArray(),
                answer.Concurrency == BindingEventResponse.Types.BindingEventConcurrency.Parallel,
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    private async Task<HashSet<string>> ListAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var call = context
                .App.Grpc.CreateCallInvoker()
                .AsyncUnaryCall(List, null, Options(TraceContext.None, cancellationToken), new Empty());
            return [.. (await call.ResponseAsync.ConfigureAwait(false)).Bindings];
        }
        catch (RpcException)
        {
            return [];
        }
    }

    private CallOptions Options(TraceContext trace, CancellationToken cancellationToken)
    {
        var headers = new Metadata { { "traceparent", trace.TraceParent } };
        if (context.Options.AppApiToken is { Length: > 0 } token)
            headers.Add(ApiPipeline.TokenHeader, token);
        return new CallOptions(headers, cancellationToken: cancellationToken);
    }

    private static Method<TRequest, TResponse> Method<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        new(
            MethodType.Unary,
            AppCallback.Autogen.Grpc.v1.AppCallback.Descriptor.FullName,
            name,
            GrpcMarshalling.Of<TRequest>(),
            GrpcMarshalling.Of<TResponse>()
        );
}
