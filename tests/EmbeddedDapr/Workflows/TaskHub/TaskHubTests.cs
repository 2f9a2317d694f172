using Dapr.DurableTask.Protobuf;
using Dapr.Embedded;
using Grpc.Core;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace EmbeddedDapr.Tests.Workflows.TaskHub;

public sealed class TaskHubTests : IAsyncLifetime
{
    private Dapr.Embedded.EmbeddedDapr dapr = null!;
    private HandWorker worker = null!;

    private Uri Endpoint => dapr.Sidecars["a"].GrpcEndpoint;

    public async ValueTask InitializeAsync()
    {
        var options = new EmbeddedDaprOptions { Sidecars = [new SidecarOptions { AppId = "a" }, new SidecarOptions { AppId = "b" }] };
        dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(options, TestContext.Current.CancellationToken);
        worker = await new HandWorker(Endpoint).ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await worker.DisposeAsync();
        await dapr.DisposeAsync();
    }

    [Fact]
    public async Task Chain_turns_and_history_are_those_of_the_protocol()
    {
        var started = worker.StartAsync("w", "\"in\"");
        var first = await worker.NextAsync();
        Assert.Equal([Kind.WorkflowStarted, Kind.ExecutionStarted], first.WorkflowRequest.NewEvents.Select(one => one.EventTypeCase));
        Assert.Empty(first.WorkflowRequest.PastEvents);
        await worker.AnswerAsync(first, HandWorker.Activity(0, "A", "1"));
        await started;
        var activity = await worker.NextAsync();
        Assert.Equal(("A", "1", 0), (activity.ActivityRequest.Name, activity.ActivityRequest.Input, activity.ActivityRequest.TaskId));
        await worker.FinishAsync(activity, "2");
        var second = await worker.NextAsync();
        Assert.Equal(
            [Kind.WorkflowStarted, Kind.ExecutionStarted, Kind.TaskScheduled],
            second.WorkflowRequest.PastEvents.Select(one => one.EventTypeCase)
        );
        Assert.Equal("2", second.WorkflowRequest.NewEvents[1].TaskCompleted.Result);
        Assert.NotEqual(first.CompletionToken, second.CompletionToken);
        await worker.AnswerAsync(second, HandWorker.Complete(1, "\"out\""));
        Assert.Equal("\"out\"", (await worker.EndAsync("w")).Output);
    }

    [Fact]
    public async Task An_answer_with_the_token_of_a_lost_stream_is_ignored()
    {
        var started = worker.StartAsync("w");
        var lost = await worker.NextAsync();
        await worker.DisconnectAsync();
        await worker.ConnectAsync();
        var again = await worker.NextAsync();
        await worker.AnswerAsync(lost, HandWorker.Complete(0, "\"stale\""));
        await worker.AnswerAsync(again, HandWorker.Complete(0, "\"current\""));
        await started;
        Assert.Equal("\"current\"", (await worker.EndAsync("w")).Output);
        Assert.Single(await worker.HistoryAsync("w"), one => one.EventTypeCase == Kind.WorkflowStarted);
    }

    [Fact]
    public async Task An_activity_on_a_lost_stream_runs_again_and_counts_once()
    {
        var started = worker.StartAsync("w");
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Activity(0, "A"));
        await started;
        var lost = await worker.NextAsync();
        await worker.DisconnectAsync();
        await worker.ConnectAsync();
        var again = await worker.NextAsync();
        await worker.FinishAsync(lost, "\"stale\"");
        await worker.FinishAsync(again, "\"current\"");
        var turn = await worker.NextAsync();
        Assert.Equal("\"current\"", turn.WorkflowRequest.NewEvents[1].TaskCompleted.Result);
        await worker.AnswerAsync(turn, HandWorker.Complete(1));
        Assert.Single(await worker.HistoryAsync("w"), one => one.EventTypeCase == Kind.TaskCompleted);
    }

    [Fact]
    public async Task An_event_raised_while_a_turn_is_out_is_kept_although_nobody_answers_the_turn()
    {
        _ = worker.StartAsync("w");
        var open = await worker.NextAsync();
        await worker.RaiseAsync("w", "go", "1");
        await worker.AnswerAsync(open);
        var next = await worker.NextAsync();
        Assert.Equal("go", next.WorkflowRequest.NewEvents[1].EventRaised.Name);
        await worker.AnswerAsync(next, HandWorker.Complete(0));
    }

    [Fact]
    public async Task Terminate_takes_effect_although_the_worker_never_answers()
    {
        _ = worker.StartAsync("w").ContinueWith(_ => { }, TaskScheduler.Default);
        await worker.NextAsync();
        await worker.CallAsync<TerminateRequest, TerminateResponse>(
            "TerminateInstance",
            new TerminateRequest { InstanceId = "w", Output = "\"enough\"" }
        );
        var state = await worker.EndAsync("w");
        Assert.Equal((OrchestrationStatus.Terminated, "\"enough\""), (state.WorkflowStatus, state.Output));
    }

    [Fact]
    public async Task SendEvent_is_delivered()
    {
        var target = worker.StartAsync("target");
        await worker.AnswerAsync(await worker.NextAsync());
        await target;
        _ = worker.StartAsync("sender");
        var send = new WorkflowAction
        {
            Id = 0,
            SendEvent = new SendEventAction
            {
                Instance = new WorkflowInstance { InstanceId = "target" },
                Name = "ev",
                Data = "\"d\"",
            },
        };
        await worker.AnswerAsync(await worker.NextAsync(), send, HandWorker.Complete(0));
        var turn = await worker.NextAsync();
        Assert.Equal(
            ("target", "ev", "\"d\""),
            (turn.WorkflowRequest.InstanceId, turn.WorkflowRequest.NewEvents[1].EventRaised.Name, turn.WorkflowRequest.NewEvents[1].EventRaised.Input)
        );
        await worker.AnswerAsync(turn, HandWorker.Complete(0));
        Assert.Equal(
            [Kind.WorkflowStarted, Kind.ExecutionStarted, Kind.EventSent, Kind.ExecutionCompleted],
            (await worker.HistoryAsync("sender")).Select(one => one.EventTypeCase)
        );
    }

    [Fact]
    public async Task A_late_result_of_an_older_generation_reaches_nobody()
    {
        var started = worker.StartAsync("w");
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Activity(0, "Old"));
        await started;
        var old = await worker.NextAsync();
        var raised = worker.RaiseAsync("w", "go");
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Complete(1, "2", OrchestrationStatus.ContinuedAsNew));
        await raised;
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Activity(0, "New"));
        var fresh = await worker.NextAsync();
        await worker.FinishAsync(old, "\"old\"");
        await worker.FinishAsync(fresh, "\"new\"");
        var turn = await worker.NextAsync();
        Assert.Equal("\"new\"", turn.WorkflowRequest.NewEvents[1].TaskCompleted.Result);
        await worker.AnswerAsync(turn, HandWorker.Complete(1));
    }

    [Fact]
    public async Task A_stalled_instance_is_offered_to_the_next_stream_that_opens()
    {
        _ = worker.StartAsync("w");
        await worker.AnswerAsync(
            await worker.NextAsync(),
            new WorkflowAction { WorkflowVersionNotAvailable = new WorkflowVersionNotAvailableAction() }
        );
        Assert.Equal(OrchestrationStatus.Stalled, (await worker.StateAsync("w"))!.WorkflowStatus);
        await using var newer = await new HandWorker(Endpoint).ConnectAsync();
        await newer.AnswerAsync(await newer.NextAsync(), HandWorker.Complete(0, "1"));
        Assert.Equal("1", (await worker.EndAsync("w")).Output);
    }

    [Fact]
    public async Task Children_and_activities_of_another_app_run_there()
    {
        await using var other = await new HandWorker(dapr.Sidecars["b"].GrpcEndpoint).ConnectAsync();
        _ = worker.StartAsync("parent");
        var child = new WorkflowAction
        {
            Id = 1,
            Router = new TaskRouter { TargetAppID = "b" },
            CreateChildWorkflow = new CreateChildWorkflowAction { Name = "C", InstanceId = "child" },
        };
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Activity(0, "There", "1", app: "b"), child);
        for (var item = 0; item < 2; item++)
        {
            var work = await other.NextAsync();
            if (work.RequestCase == WorkItem.RequestOneofCase.ActivityRequest)
                await other.FinishAsync(work, "\"activity\"");
            else
                await other.AnswerAsync(work, HandWorker.Complete(0, "\"child\""));
        }
        var results = new List<string>();
        while (results.Count < 2)
        {
            var turn = await worker.NextAsync();
            results.AddRange(
                turn.WorkflowRequest.NewEvents.Skip(1).Select(one => one.TaskCompleted?.Result ?? one.ChildWorkflowInstanceCompleted.Result)
            );
            await worker.AnswerAsync(turn, results.Count < 2 ? [] : [HandWorker.Complete(2)]);
        }
        Assert.Equal(["\"activity\"", "\"child\""], results.Order());
        Assert.Equal("parent", (await other.StateAsync("child"))!.ParentInstanceId);
    }

    [Fact]
    public async Task Suspension_is_held_back_for_workers_that_would_run_on()
    {
        await worker.DisconnectAsync();
        await worker.ConnectAsync("dapr-sdk-dotnet/v1.18.5");
        var started = worker.StartAsync("w");
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Activity(0, "A"));
        await started;
        var activity = await worker.NextAsync();
        var suspended = worker.CallAsync<SuspendRequest, SuspendResponse>("SuspendInstance", new SuspendRequest { InstanceId = "w" });
        await worker.AnswerAsync(await worker.NextAsync());
        await suspended;
        await worker.FinishAsync(activity, "1");
        Assert.False(worker.HasItem);
        var resumed = worker.CallAsync<ResumeRequest, ResumeResponse>("ResumeInstance", new ResumeRequest { InstanceId = "w" });
        var turn = await worker.NextAsync();
        Assert.Equal(
            [Kind.WorkflowStarted, Kind.ExecutionResumed, Kind.TaskCompleted],
            turn.WorkflowRequest.NewEvents.Select(one => one.EventTypeCase)
        );
        await worker.AnswerAsync(turn, HandWorker.Complete(1));
        await resumed;
    }

    [Fact]
    public async Task Purge_of_an_unknown_instance_is_refused_also_when_forced()
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(() =>
            worker.CallAsync<PurgeInstancesRequest, PurgeInstancesResponse>(
                "PurgeInstances",
                new PurgeInstancesRequest { InstanceId = "nobody", Force = true }
            )
        );
        Assert.Equal("failed to purge workflow state: no such instance exists", refusal.Status.Detail);
    }
}
