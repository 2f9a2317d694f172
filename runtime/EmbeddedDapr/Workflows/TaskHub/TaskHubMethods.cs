using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.Workflows.Dispatch;
using Dapr.Embedded.Workflows.Shell;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Dapr.Embedded.Workflows.TaskHub;

/// <summary>
/// Binds TaskHubSidecarService by hand: work items are written from stored bytes, which generated code cannot do, and a refused call
/// becomes its status in one place.
/// </summary>
internal sealed class TaskHubMethods : IServiceMethodProvider<TaskHubService>
{
    private const string Service = "TaskHubSidecarService";

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TaskHubService> context)
    {
        Unary<Empty, Empty>(context, "Hello", (service, request, call) => service.Hello(request, call));
        Unary<CreateInstanceRequest, CreateInstanceResponse>(context, "StartInstance", (service, request, call) => service.Start(request, call));
        Unary<GetInstanceRequest, GetInstanceResponse>(context, "GetInstance", (service, request, call) => service.Get(request, call));
        Unary<GetInstanceRequest, GetInstanceResponse>(
            context,
            "WaitForInstanceStart",
            (service, request, call) => service.WaitForStart(request, call)
        );
        Unary<GetInstanceRequest, GetInstanceResponse>(
            context,
            "WaitForInstanceCompletion",
            (service, request, call) => service.WaitForCompletion(request, call)
        );
        Unary<RaiseEventRequest, RaiseEventResponse>(context, "RaiseEvent", (service, request, call) => service.Raise(request, call));
        Unary<TerminateRequest, TerminateResponse>(context, "TerminateInstance", (service, request, call) => service.Terminate(request, call));
        Unary<SuspendRequest, SuspendResponse>(context, "SuspendInstance", (service, request, call) => service.Suspend(request, call));
        Unary<ResumeRequest, ResumeResponse>(context, "ResumeInstance", (service, request, call) => service.Resume(request, call));
        Unary<PurgeInstancesRequest, PurgeInstancesResponse>(context, "PurgeInstances", (service, request, call) => service.Purge(request, call));
        Unary<ListInstanceIDsRequest, ListInstanceIDsResponse>(context, "ListInstanceIDs", (service, request, call) => service.List(request, call));
        Unary<GetInstanceHistoryRequest, GetInstanceHistoryResponse>(
            context,
            "GetInstanceHistory",
            (service, request, call) => service.History(request, call)
        );
        Unary<RerunWorkflowFromEventRequest, RerunWorkflowFromEventResponse>(
            context,
            "RerunWorkflowFromEvent",
            (service, request, call) => service.Rerun(request, call)
        );
        var stream = new Method<GetWorkItemsRequest, OutgoingWorkItem>(
            MethodType.ServerStreaming,
            Service,
            "GetWorkItems",
            GrpcMarshalling.Of<GetWorkItemsRequest>(),
            OutgoingWorkItem.Marshaller
        );
        context.AddServerStreamingMethod(stream, [], (service, request, items, call) => service.GetWorkItems(request, items, call));
    }

    private static void Unary<TRequest, TResponse>(
        ServiceMethodProviderContext<TaskHubService> context,
        string name,
        Func<TaskHubService, TRequest, ServerCallContext, Task<TResponse>> handle
    )
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() => Unary<TaskHubService, TRequest, TResponse>(context, name, handle);

    public static void Unary<TService, TRequest, TResponse>(
        ServiceMethodProviderContext<TService> context,
        string name,
        Func<TService, TRequest, ServerCallContext, Task<TResponse>> handle
    )
        where TService : class
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var method = new Method<TRequest, TResponse>(
            MethodType.Unary,
            Service,
            name,
            GrpcMarshalling.Of<TRequest>(),
            GrpcMarshalling.Of<TResponse>()
        );
        context.AddUnaryMethod(
            method,
            [],
            async (service, request, call) =>
            {
                try
                {
                    return await handle(service, request, call).ConfigureAwait(false);
                }
                catch (WorkflowRefusal refusal)
                {
                    throw new RpcException(new Grpc.Core.Status(refusal.Code, refusal.Message));
                }
                catch (ObjectDisposedException)
                {
                    throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "the runtime is stopping"));
                }
            }
        );
    }
}
