using Dapr.Embedded.Errors;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Dapr.Embedded.Hosting;

/// <summary>
/// Where the building blocks put their methods of the gRPC service dapr.proto.runtime.v1.Dapr. Dapr.Protos has the messages and the
/// descriptor but no server base, so the methods are bound by name; a method that nobody adds answers Unimplemented.
/// A handler may throw <see cref="DaprApiException"/>; it becomes the status and the details that daprd sends.
/// </summary>
internal sealed class GrpcMethods
{
    private readonly List<Action<ServiceMethodProviderContext<DaprGrpcService>>> bindings = [];

    public void Unary<TRequest, TResponse>(string name, Func<TRequest, ServerCallContext, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var method = Method<TRequest, TResponse>(name);
        bindings.Add(service => service.AddUnaryMethod(method, [], (_, request, call) => GuardAsync(() => handler(request, call))));
    }

    public void ServerStreaming<TRequest, TResponse>(string name, Func<TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task> handler)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var method = Method<TRequest, TResponse>(name);
        bindings.Add(service =>
            service.AddServerStreamingMethod(method, [], (_, request, stream, call) => GuardAsync(() => handler(request, stream, call)))
        );
    }

    public void Duplex<TRequest, TResponse>(
        string name,
        Func<IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task> handler
    )
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var method = Method<TRequest, TResponse>(name);
        bindings.Add(service =>
            service.AddDuplexStreamingMethod(method, [], (_, requests, responses, call) => GuardAsync(() => handler(requests, responses, call)))
        );
    }

    public void Bind(ServiceMethodProviderContext<DaprGrpcService> service)
    {
        foreach (var binding in bindings)
            binding(service);
    }

    private static Method<TRequest, TResponse> Method<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var method =
            Dapr.Client.Autogen.Grpc.v1.Dapr.Descriptor.FindMethodByName(name)
            ?? throw new ArgumentException($"the Dapr service has no method {name}", nameof(name));
        return new Method<TRequest, TResponse>(
            Kind(method),
            method.Service.FullName,
            method.Name,
            GrpcMarshalling.Of<TRequest>(),
            GrpcMarshalling.Of<TResponse>()
        );
    }

    private static MethodType Kind(MethodDescriptor method) =>
        (method.IsClientStreaming, method.IsServerStreaming) switch
        {
            (false, false) => MethodType.Unary,
            (false, true) => MethodType.ServerStreaming,
            (true, false) => MethodType.ClientStreaming,
            (true, true) => MethodType.DuplexStreaming,
        };

    private static async Task<T> GuardAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (DaprApiException error)
        {
            throw ErrorDetails.ToRpc(error);
        }
    }

    private static async Task GuardAsync(Func<Task> call)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (DaprApiException error)
        {
            throw ErrorDetails.ToRpc(error);
        }
    }
}

/// <summary>The service type that ASP.NET Core activates for a call; the methods are closures and need nothing of it.</summary>
internal sealed class DaprGrpcService;

/// <summary>Hands the collected methods to the gRPC server.</summary>
internal sealed class GrpcMethodProvider(GrpcMethods methods) : IServiceMethodProvider<DaprGrpcService>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<DaprGrpcService> context) => methods.Bind(context);
}
