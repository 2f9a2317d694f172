using Dapr.DurableTask.Protobuf;
using Dapr.Embedded;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace EmbeddedDapr.Tests.Workflows.TaskHub;

/// <summary>
/// What a worker or client can do that daprd 1.18.2 answers with a stuck, lost or wrong instance; docs/embedded-dapr.md lists them.
/// </summary>
public sealed class DaprdDefectTests : IAsyncLifetime
{
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
    public async Task A_wrong_completion_token_is_ignored_on_turns_and_on_activities()
    {
        var started = worker.StartAsync("w");
        var turn = await worker.NextAsync();
        var forged = turn.Clone();
        forged.CompletionToken = "wrong";
        await worker.AnswerAsync(forged, HandWorker.Complete(0, "\"forged\""));
        await worker.AnswerAsync(turn, HandWorker.Activity(0, "A"));
        await started;
        var activity = await worker.NextAsync();
        await worker.FinishAsync(activity, "\"forged\"", "wrong");
        await worker.FinishAsync(activity, "\"true\"");
        var next = await worker.NextAsync();
        Assert.Equal("\"true\"", next.WorkflowRequest.NewEvents[1].TaskCompleted.Result);
        await worker.AnswerAsync(next, HandWorker.Complete(1));
    }

    [Fact]
    public async Task Of_two_activities_with_one_id_the_first_is_in_history_and_runs()
    {
        var started = worker.StartAsync("w");
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Activity(5, "A"), HandWorker.Activity(5, "B"));
        await started;
        var activity = await worker.NextAsync();
        Assert.Equal("A", activity.ActivityRequest.Name);
        await worker.FinishAsync(activity, "1");
        var turn = await worker.NextAsync();
        Assert.Equal("A", Assert.Single(turn.WorkflowRequest.PastEvents, one => one.EventTypeCase == Kind.TaskScheduled).TaskScheduled.Name);
        await worker.AnswerAsync(turn, HandWorker.Complete(6));
        Assert.Equal(OrchestrationStatus.Completed, (await OutcomeAsync("w")).Status);
    }

    [Fact]
    public async Task An_event_sent_without_completion_commits_the_turn_and_is_delivered_once()
    {
        var target = worker.StartAsync("target");
        await worker.AnswerAsync(await worker.NextAsync());
        await target;
        var sender = worker.StartAsync("sender");
        var send = new WorkflowAction
        {
            Id = 0,
            SendEvent = new SendEventAction
            {
                Instance = new WorkflowInstance { InstanceId = "target" },
                Name = "ev",
                Data = "1",
            },
        };
        await worker.AnswerAsync(await worker.NextAsync(), send);
        await sender;
        await worker.AnswerAsync(await worker.NextAsync());
        await worker.RaiseAsync("sender", "x");
        var next = await worker.NextAsync();
        Assert.Equal([Kind.WorkflowStarted, Kind.ExecutionStarted, Kind.EventSent], next.WorkflowRequest.PastEvents.Select(one => one.EventTypeCase));
        await worker.AnswerAsync(next, HandWorker.Complete(0));
        await worker.EndAsync("sender");
        Assert.Single(await worker.HistoryAsync("target"), one => one.EventTypeCase == Kind.EventRaised);
    }

    [Fact]
    public async Task A_workflow_can_terminate_another()
    {
        var other = worker.StartAsync("other");
        await worker.AnswerAsync(await worker.NextAsync());
        await other;
        _ = worker.StartAsync("w");
        var terminate = new WorkflowAction
        {
            Id = 0,
            TerminateWorkflow = new TerminateWorkflowAction { InstanceId = "other", Reason = "\"enough\"" },
        };
        await worker.AnswerAsync(await worker.NextAsync(), terminate, HandWorker.Complete(1));
        Assert.Equal(OrchestrationStatus.Completed, (await worker.EndAsync("w")).WorkflowStatus);
        var turn = await worker.NextAsync();
        Assert.Equal(Kind.ExecutionTerminated, turn.WorkflowRequest.NewEvents[1].EventTypeCase);
        await worker.AnswerAsync(turn);
        var state = await worker.EndAsync("other");
        Assert.Equal((OrchestrationStatus.Terminated, "\"enough\""), (state.WorkflowStatus, state.Output));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task A_completion_whose_status_is_no_end_leaves_the_instance_running(int status)
    {
        var started = worker.StartAsync("w");
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Complete(0, "1", (OrchestrationStatus)status));
        await started;
        Assert.Equal(OrchestrationStatus.Running, (await worker.StateAsync("w"))!.WorkflowStatus);
        await worker.RaiseAsync("w", "go");
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Complete(0, "2"));
        Assert.Equal((OrchestrationStatus.Completed, "2"), await OutcomeAsync("w"));
    }

    [Fact]
    public async Task An_id_with_two_colons_reaches_its_activities_whole()
    {
        var started = worker.StartAsync("a::b");
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Activity(0, "A"));
        await started;
        var activity = await worker.NextAsync();
        Assert.Equal("a::b", activity.ActivityRequest.WorkflowInstance.InstanceId);
        await worker.FinishAsync(activity, "1");
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Complete(1));
        Assert.Equal(OrchestrationStatus.Completed, (await OutcomeAsync("a::b")).Status);
    }

    [Fact]
    public async Task A_pending_instance_has_its_name_and_its_time()
    {
        _ = worker.StartAsync("w");
        var turn = await worker.NextAsync();
        Dapr.DurableTask.Protobuf.WorkflowState? state = null;
        await Eventually.TrueAsync(
            async () => (state = await worker.StateAsync("w")) is not null,
            "the instance can be seen",
            TestContext.Current.CancellationToken
        );
        Assert.Equal((OrchestrationStatus.Pending, "W"), (state!.WorkflowStatus, state.Name));
        Assert.True(state.CreatedTimestamp.ToDateTimeOffset() > DateTimeOffset.UnixEpoch);
        await worker.AnswerAsync(turn, HandWorker.Complete(0));
        await worker.EndAsync("w");
    }

    [Fact]
    public async Task An_id_that_was_purged_runs_again_with_its_activities()
    {
        for (var run = 0; run < 2; run++)
        {
            var started = worker.StartAsync("w");
            await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Activity(0, "A"));
            await started;
            await worker.FinishAsync(await worker.NextAsync(), "1");
            await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Complete(1));
            await worker.EndAsync("w");
            await worker.CallAsync<PurgeInstancesRequest, PurgeInstancesResponse>("PurgeInstances", new PurgeInstancesRequest { InstanceId = "w" });
        }
    }

    [Fact]
    public async Task A_purge_right_after_a_termination_leaves_nothing_behind()
    {
        for (var i = 0; i < 60; i++)
        {
            var id = $"w{i}";
            var started = worker.StartAsync(id);
            await worker.AnswerAsync(await worker.NextAsync());
            await started;
            var terminated = worker.CallAsync<TerminateRequest, TerminateResponse>("TerminateInstance", new TerminateRequest { InstanceId = id });
            await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Complete(0, status: OrchestrationStatus.Terminated));
            await terminated;
            await worker.CallAsync<PurgeInstancesRequest, PurgeInstancesResponse>("PurgeInstances", new PurgeInstancesRequest { InstanceId = id });
            Assert.False(
                (await worker.CallAsync<GetInstanceRequest, GetInstanceResponse>("GetInstance", new GetInstanceRequest { InstanceId = id })).Exists
            );
        }
    }

    [Fact]
    public async Task A_turn_whose_only_worker_left_comes_again_each_time_one_connects()
    {
        var started = worker.StartAsync("w");
        for (var i = 0; i < 5; i++)
        {
            await worker.NextAsync();
            await worker.DisconnectAsync();
            await worker.ConnectAsync();
        }
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Complete(0));
        await started;
        Assert.Equal(OrchestrationStatus.Completed, (await OutcomeAsync("w")).Status);
    }

    private async Task<(OrchestrationStatus Status, string Output)> OutcomeAsync(string id)
    {
        var state = await worker.EndAsync(id);
        return (state.WorkflowStatus, state.Output);
    }
}
