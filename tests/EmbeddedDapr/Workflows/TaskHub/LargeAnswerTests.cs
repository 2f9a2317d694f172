using Dapr.DurableTask.Protobuf;
using Dapr.Embedded;
using Grpc.Core;

namespace EmbeddedDapr.Tests.Workflows.TaskHub;

/// <summary>
/// Answers over the message limit: they fail what they answer, and nothing else. A refusal would come back as the same work, for ever.
/// </summary>
public sealed class LargeAnswerTests : IAsyncLifetime
{
    private static readonly string Large = $"\"{new string('x', 5_000_000)}\"";
    private Dapr.Embedded.EmbeddedDapr dapr = null!;
    private HandWorker worker = null!;

    public async ValueTask InitializeAsync()
    {
        var options = new EmbeddedDaprOptions { Sidecars = [new SidecarOptions { AppId = "a" }] };
        dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(options, TestContext.Current.CancellationToken);
        worker = await new HandWorker(dapr.Sidecars["a"].GrpcEndpoint).ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await worker.DisposeAsync();
        await dapr.DisposeAsync();
    }

    [Fact]
    public async Task A_result_over_the_limit_fails_its_activity_with_its_size()
    {
        var started = worker.StartAsync("w");
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Activity(0, "A"));
        await started;
        await worker.FinishAsync(await worker.NextAsync(), Large);
        var turn = await worker.NextAsync();
        var failure = turn.WorkflowRequest.NewEvents[1].TaskFailed.FailureDetails;
        Assert.Equal("PayloadSizeExceeded", failure.ErrorType);
        Assert.True(failure.IsNonRetriable);
        Assert.Matches("The answer has 50000\\d\\d bytes, the limit is 4194304", failure.ErrorMessage);
        await worker.AnswerAsync(turn, HandWorker.Complete(1, "1"));
        Assert.Equal("1", (await worker.EndAsync("w")).Output);
    }

    [Fact]
    public async Task An_answer_over_the_limit_fails_its_workflow_with_its_size_and_keeps_its_patches()
    {
        var started = worker.StartAsync("w");
        var turn = await worker.NextAsync();
        var version = new WorkflowVersion { Patches = { "p" } };
        var answer = new WorkflowResponse
        {
            InstanceId = "w",
            CompletionToken = turn.CompletionToken,
            Version = version,
        };
        answer.Actions.Add(HandWorker.Activity(0, "A"));
        await worker.CallAsync<WorkflowResponse, CompleteTaskResponse>("CompleteOrchestratorTask", answer);
        await started;
        await worker.FinishAsync(await worker.NextAsync(), "1");
        turn = await worker.NextAsync();
        var large = answer.Clone();
        large.CompletionToken = turn.CompletionToken;
        large.Actions.Clear();
        large.Actions.Add(HandWorker.Complete(1, Large));
        await worker.CallAsync<WorkflowResponse, CompleteTaskResponse>("CompleteWorkflowTask", large);
        var state = await worker.EndAsync("w");
        Assert.Equal((OrchestrationStatus.Failed, "PayloadSizeExceeded"), (state.WorkflowStatus, state.FailureDetails.ErrorType));
        Assert.Contains("The answer has 50000", state.FailureDetails.ErrorMessage);
    }

    [Fact]
    public async Task An_answer_far_over_the_limit_is_refused_unread_and_its_work_stays_out()
    {
        var started = worker.StartAsync("w");
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Activity(0, "A"));
        await started;
        var activity = await worker.NextAsync();
        var refusal = await Assert.ThrowsAsync<RpcException>(() => worker.FinishAsync(activity, new string('x', (16 * 4_194_304) + 1)));
        Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
        await worker.FinishAsync(activity, "1");
        Assert.Equal("1", (await worker.NextAsync()).WorkflowRequest.NewEvents[1].TaskCompleted.Result);
    }

    [Fact]
    public async Task A_clients_message_over_the_limit_is_refused()
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(() => worker.StartAsync("w", Large));
        Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
        Assert.Null(await worker.StateAsync("w"));
    }
}
