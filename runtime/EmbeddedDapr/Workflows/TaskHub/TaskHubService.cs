using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Dispatch;
using Dapr.Embedded.Workflows.Engine;
using Dapr.Embedded.Workflows.Shell;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Status = Grpc.Core.Status;

namespace Dapr.Embedded.Workflows.TaskHub;

/// <summary>TaskHubSidecarService: the calls of clients, and the streams of workers, whose answers are <see cref="TaskHubAnswers"/>.</summary>
internal sealed class TaskHubService(WorkflowHost host)
{
    private WorkerOperations Workers => host.Engine.Workers;

    private ClientOperations Clients => host.Engine.Clients;

    public Task<Empty> Hello(Empty request, ServerCallContext call) => Task.FromResult(new Empty());

    public async Task GetWorkItems(GetWorkItemsRequest request, IServerStreamWriter<OutgoingWorkItem> items, ServerCallContext call)
    {
        var stream = Workers.Open(call.RequestHeaders.GetValue("user-agent") ?? "", request.Capabilities.Contains(WorkerCapability.StatefulHistory));
        try
        {
            using var stopping = host.Stopping.Register(stream.Close);
            while (await stream.Outgoing.WaitToReadAsync(call.CancellationToken).ConfigureAwait(false))
            {
                while (stream.Outgoing.TryRead(out var item))
                {
                    // What stands in line goes out in one flush.
                    items.WriteOptions = stream.Outgoing.TryPeek(out _) ? Buffered : null;
                    await items.WriteAsync(item, call.CancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The worker left: what was out on the stream goes to another.
        }
        finally
        {
            Workers.Close(stream);
        }
    }

    public async Task<CreateInstanceResponse> Start(CreateInstanceRequest request, ServerCallContext call)
    {
        try
        {
            return new CreateInstanceResponse
            {
                InstanceId = await Clients.StartAsync(request, waitForTurn: true, call.CancellationToken).ConfigureAwait(false),
            };
        }
        catch (WorkflowRefusal refusal)
        {
            var code = refusal.Code;
            throw new WorkflowRefusal(refusal.Reason, $"failed to create workflow instance: rpc error: code = {code} desc = {refusal.Message}");
        }
    }

    public Task<GetInstanceResponse> Get(GetInstanceRequest request, ServerCallContext call) =>
        Task.FromResult(Found(Clients.Get(request.InstanceId), request));

    public async Task<GetInstanceResponse> WaitForStart(GetInstanceRequest request, ServerCallContext call) =>
        Found(await Clients.WaitAsync(request.InstanceId, untilOver: false, call.CancellationToken).ConfigureAwait(false), request);

    public async Task<GetInstanceResponse> WaitForCompletion(GetInstanceRequest request, ServerCallContext call) =>
        Found(await Clients.WaitAsync(request.InstanceId, untilOver: true, call.CancellationToken).ConfigureAwait(false), request);

    public async Task<RaiseEventResponse> Raise(RaiseEventRequest request, ServerCallContext call)
    {
        await Clients.RaiseAsync(request.InstanceId, request.Name, request.Input, call.CancellationToken).ConfigureAwait(false);
        return new RaiseEventResponse();
    }

    public async Task<TerminateResponse> Terminate(TerminateRequest request, ServerCallContext call)
    {
        await Clients.TerminateAsync(request.InstanceId, request.Output, request.Recursive, wait: true, call.CancellationToken).ConfigureAwait(false);
        return new TerminateResponse();
    }

    public async Task<SuspendResponse> Suspend(SuspendRequest request, ServerCallContext call)
    {
        await Clients.SuspendAsync(request.InstanceId, request.Reason, wait: true, call.CancellationToken).ConfigureAwait(false);
        return new SuspendResponse();
    }

    public async Task<ResumeResponse> Resume(ResumeRequest request, ServerCallContext call)
    {
        await Clients.ResumeAsync(request.InstanceId, request.Reason, wait: true, call.CancellationToken).ConfigureAwait(false);
        return new ResumeResponse();
    }

    public async Task<PurgeInstancesResponse> Purge(PurgeInstancesRequest request, ServerCallContext call)
    {
        if (request.RequestCase == PurgeInstancesRequest.RequestOneofCase.PurgeInstanceFilter)
            throw new WorkflowRefusal(RefusalReason.Unsupported, "multi-instance purge is not unimplemented");
        try
        {
            var count = await Clients
                .PurgeAsync(request.InstanceId, request.Recursive, request is { HasForce: true, Force: true }, call.CancellationToken)
                .ConfigureAwait(false);
            return new PurgeInstancesResponse { DeletedInstanceCount = count, IsComplete = true };
        }
        catch (WorkflowRefusal refusal) when (refusal.Reason is RefusalReason.NoSuchInstance or RefusalReason.NotCompleted)
        {
            throw new WorkflowRefusal(refusal.Reason, $"failed to purge workflow state: {refusal.Message}");
        }
    }

    public Task<ListInstanceIDsResponse> List(ListInstanceIDsRequest request, ServerCallContext call) =>
        Task.FromResult(host.Engine.Queries.List(request));

    public async Task<GetInstanceHistoryResponse> History(GetInstanceHistoryRequest request, ServerCallContext call)
    {
        var events =
            await host.Engine.Queries.HistoryAsync(request.InstanceId, call.CancellationToken).ConfigureAwait(false)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"workflow instance '{request.InstanceId}' not found"));
        return new GetInstanceHistoryResponse { Events = { events } };
    }

    public async Task<RerunWorkflowFromEventResponse> Rerun(RerunWorkflowFromEventRequest request, ServerCallContext call) =>
        new() { NewInstanceID = await host.Engine.Reruns.RerunAsync(request).ConfigureAwait(false) };

    private static readonly WriteOptions Buffered = new(WriteFlags.BufferHint);

    private static GetInstanceResponse Found(InstanceView? view, GetInstanceRequest request) =>
        view is null
            ? new GetInstanceResponse()
            : new GetInstanceResponse { Exists = true, WorkflowState = view.ToProto(request.GetInputsAndOutputs) };
}
