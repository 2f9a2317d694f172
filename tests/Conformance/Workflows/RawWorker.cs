using Dapr.Conformance.Tests.Fixture;
using Dapr.DurableTask.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>A worker driven by hand: it reads one stream of work items and answers when the test says so.</summary>
internal sealed class RawWorker : IAsyncDisposable
{
    private readonly GrpcChannel _channel;
    private readonly CancellationTokenSource _over = new();
    private readonly AsyncServerStreamingCall<WorkItem> _stream;

    public RawWorker(DaprFixture dapr, Uri sidecar)
    {
        _channel = GrpcChannel.ForAddress(sidecar, dapr.GrpcOptions());
        Hub = new TaskHubSidecarService.TaskHubSidecarServiceClient(_channel);
        _stream = Hub.GetWorkItems(new GetWorkItemsRequest(), cancellationToken: _over.Token);
    }

    public TaskHubSidecarService.TaskHubSidecarServiceClient Hub { get; }

    /// <summary>The next item of the instance; items of others, left over from other tests, are passed over.</summary>
    public async Task<WorkItem> NextAsync(string instanceId)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(20));
        while (await _stream.ResponseStream.MoveNext(deadline.Token))
        {
            var item = _stream.ResponseStream.Current;
            if (IdOf(item) == instanceId)
                return item;
        }

        throw new InvalidOperationException("The stream of work items ended.");
    }

    public async Task<WorkItem> NextTurnAsync(string instanceId)
    {
        var item = await NextAsync(instanceId);
        Assert.NotNull(item.WorkflowRequest);
        return item;
    }

    public Task AnswerAsync(WorkItem turn, params WorkflowAction[] actions) =>
        Hub.CompleteOrchestratorTaskAsync(Response(turn, actions)).ResponseAsync;

    public Task AnswerAsync(WorkItem activity, string result) =>
        Hub.CompleteActivityTaskAsync(
            new ActivityResponse
            {
                InstanceId = IdOf(activity),
                TaskId = activity.ActivityRequest.TaskId,
                Result = result,
                CompletionToken = activity.CompletionToken,
            }
        ).ResponseAsync;

    public static WorkflowResponse Response(WorkItem turn, params WorkflowAction[] actions) =>
        new()
        {
            InstanceId = IdOf(turn),
            CompletionToken = turn.CompletionToken,
            Actions = { actions },
        };

    public static WorkflowAction Call(int id, string name, string? input = null) =>
        new()
        {
            Id = id,
            ScheduleTask = new ScheduleTaskAction
            {
                Name = name,
                Input = input,
                TaskExecutionId = $"exec-{id}",
            },
        };

    public static WorkflowAction Timer(int id, DateTimeOffset fireAt) =>
        new()
        {
            Id = id,
            CreateTimer = new CreateTimerAction
            {
                FireAt = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(fireAt),
                CreateTimer = new TimerOriginCreateTimer(),
            },
        };

    public static WorkflowAction End(int id, string? result, OrchestrationStatus status = OrchestrationStatus.Completed) =>
        new()
        {
            Id = id,
            CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = status, Result = result },
        };

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _stream.Dispose();
        _channel.Dispose();
        _over.Dispose();
    }

    private static string IdOf(WorkItem item) => item.WorkflowRequest?.InstanceId ?? item.ActivityRequest.WorkflowInstance.InstanceId;
}
