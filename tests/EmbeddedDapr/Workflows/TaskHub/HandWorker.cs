using System.Collections.Concurrent;
using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Hosting;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace EmbeddedDapr.Tests.Workflows.TaskHub;

/// <summary>Client and hand-driven worker of TaskHubSidecarService on a real port; nothing is answered by itself.</summary>
internal sealed class HandWorker : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly GrpcChannel channel;
    private readonly CallInvoker invoker;
    private readonly ConcurrentQueue<WorkItem> items = new();
    private readonly SemaphoreSlim arrived = new(0);
    private AsyncServerStreamingCall<WorkItem>? stream;
    private int delivered;
    private System.Threading.Tasks.Task reading = System.Threading.Tasks.Task.CompletedTask;

    public HandWorker(Uri endpoint)
    {
        channel = GrpcChannel.ForAddress(endpoint, new GrpcChannelOptions { MaxReceiveMessageSize = null, MaxSendMessageSize = null });
        invoker = channel.CreateCallInvoker();
    }

    public async Task<HandWorker> ConnectAsync(string? userAgent = null, bool keepsHistory = false)
    {
        var method = new Method<GetWorkItemsRequest, WorkItem>(
            MethodType.ServerStreaming,
            "TaskHubSidecarService",
            "GetWorkItems",
            GrpcMarshalling.Of<GetWorkItemsRequest>(),
            GrpcMarshalling.Of<WorkItem>()
        );
        var headers = new Metadata();
        if (userAgent is not null)
            headers.Add("user-agent", userAgent);
        var request = new GetWorkItemsRequest();
        if (keepsHistory)
            request.Capabilities.Add(WorkerCapability.StatefulHistory);
        stream = invoker.AsyncServerStreamingCall(method, null, new CallOptions(headers), request);
        reading = ReadAsync(stream);
        // The runtime answers a waiting call once the stream is there.
        await CallAsync<Google.Protobuf.WellKnownTypes.Empty, Google.Protobuf.WellKnownTypes.Empty>("Hello", new());
        return this;
    }

    public async Task DisconnectAsync()
    {
        stream?.Dispose();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        items.Clear();
        while (arrived.Wait(0)) { }
    }

    public async Task<TResponse> CallAsync<TRequest, TResponse>(string name, TRequest request, TimeSpan? patience = null)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var method = new Method<TRequest, TResponse>(
            MethodType.Unary,
            "TaskHubSidecarService",
            name,
            GrpcMarshalling.Of<TRequest>(),
            GrpcMarshalling.Of<TResponse>()
        );
        return await invoker.AsyncUnaryCall(
            method,
            null,
            new CallOptions(deadline: TimeProvider.System.GetUtcNow().Add(patience ?? Patience).UtcDateTime),
            request
        );
    }

    public async Task<byte[]> CallRawAsync(string name, byte[] request)
    {
        var bytes = Marshallers.Create<byte[]>((value, context) => context.Complete(value), context => context.PayloadAsNewBuffer());
        var method = new Method<byte[], byte[]>(MethodType.Unary, "TaskHubSidecarService", name, bytes, bytes);
        return await invoker.AsyncUnaryCall(
            method,
            null,
            new CallOptions(deadline: TimeProvider.System.GetUtcNow().AddSeconds(2).UtcDateTime),
            request
        );
    }

    public Task<CreateInstanceResponse> StartAsync(string id, string? input = null, string name = "W") =>
        CallAsync<CreateInstanceRequest, CreateInstanceResponse>(
            "StartInstance",
            new CreateInstanceRequest
            {
                InstanceId = id,
                Name = name,
                Input = input,
            }
        );

    public async Task<WorkItem> NextAsync()
    {
        Assert.True(await arrived.WaitAsync(Patience), "a work item comes");
        Assert.True(items.TryDequeue(out var item));
        return item;
    }

    public bool HasItem => !items.IsEmpty;

    /// <summary>Work items that ever came.</summary>
    public int Delivered => Volatile.Read(ref delivered);

    public Task AnswerAsync(WorkItem turn, params WorkflowAction[] actions) =>
        CallAsync<WorkflowResponse, CompleteTaskResponse>(
            "CompleteOrchestratorTask",
            new WorkflowResponse
            {
                InstanceId = turn.WorkflowRequest.InstanceId,
                CompletionToken = turn.CompletionToken,
                Actions = { actions },
            }
        );

    public Task FinishAsync(WorkItem activity, string? result, string? token = null) =>
        CallAsync<ActivityResponse, CompleteTaskResponse>(
            "CompleteActivityTask",
            new ActivityResponse
            {
                InstanceId = activity.ActivityRequest.WorkflowInstance.InstanceId,
                TaskId = activity.ActivityRequest.TaskId,
                Result = result,
                CompletionToken = token ?? activity.CompletionToken,
            }
        );

    public async Task<Dapr.DurableTask.Protobuf.WorkflowState> EndAsync(string id) =>
        (
            await CallAsync<GetInstanceRequest, GetInstanceResponse>(
                "WaitForInstanceCompletion",
                new GetInstanceRequest { InstanceId = id, GetInputsAndOutputs = true }
            )
        ).WorkflowState;

    public async Task<Dapr.DurableTask.Protobuf.WorkflowState?> StateAsync(string id) =>
        (
            await CallAsync<GetInstanceRequest, GetInstanceResponse>(
                "GetInstance",
                new GetInstanceRequest { InstanceId = id, GetInputsAndOutputs = true }
            )
        ).WorkflowState;

    public async Task<IReadOnlyList<HistoryEvent>> HistoryAsync(string id) =>
        (
            await CallAsync<GetInstanceHistoryRequest, GetInstanceHistoryResponse>(
                "GetInstanceHistory",
                new GetInstanceHistoryRequest { InstanceId = id }
            )
        ).Events;

    public Task RaiseAsync(string id, string name, string? input = null) =>
        CallAsync<RaiseEventRequest, RaiseEventResponse>(
            "RaiseEvent",
            new RaiseEventRequest
            {
                InstanceId = id,
                Name = name,
                Input = input,
            }
        );

    public static WorkflowAction Activity(int id, string name, string? input = null, string? app = null) =>
        new()
        {
            Id = id,
            ScheduleTask = new ScheduleTaskAction { Name = name, Input = input },
            Router = app is null ? null : new TaskRouter { TargetAppID = app },
        };

    public static WorkflowAction Complete(int id, string? result = null, OrchestrationStatus status = OrchestrationStatus.Completed) =>
        new()
        {
            Id = id,
            CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = status, Result = result },
        };

    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync();
        channel.Dispose();
        arrived.Dispose();
    }

    private async Task ReadAsync(AsyncServerStreamingCall<WorkItem> call)
    {
        try
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                items.Enqueue(call.ResponseStream.Current);
                Interlocked.Increment(ref delivered);
                arrived.Release();
            }
        }
        catch (RpcException)
        {
            // The stream was closed.
        }
    }
}
