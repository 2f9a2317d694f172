using Dapr.Conformance.Tests.Backends;
using Dapr.Conformance.Tests.Fixture;
using Dapr.DurableTask.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static Dapr.Conformance.Tests.Workflows.RawWorker;
using EventCase = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>The workflow protocol on the wire, with a worker driven by hand.</summary>
public class TaskHubTests(DaprFixture dapr) : ConformanceTest(dapr), IAsyncLifetime
{
    private RawWorker _worker = null!;
    private RunningSidecar _sidecar = null!;

    private TaskHubSidecarService.TaskHubSidecarServiceClient Hub => _worker.Hub;

    public async ValueTask InitializeAsync()
    {
        _sidecar = await Dapr.SidecarAsync("wf-raw", null, Cancellation);
        _worker = new RawWorker(Dapr, _sidecar.Grpc);
    }

    public ValueTask DisposeAsync() => _worker.DisposeAsync();

    [Fact]
    public async Task Hello_is_answered_at_once() =>
        Assert.NotNull(await Hub.HelloAsync(new Empty(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(5)));

    [Fact]
    public async Task The_first_turn_has_no_past_and_begins_with_the_turn_and_the_start()
    {
        var (id, turn) = await StartAsync(input: "7");
        var request = turn.WorkflowRequest;

        Assert.Empty(request.PastEvents);
        Assert.Equal([EventCase.WorkflowStarted, EventCase.ExecutionStarted], request.NewEvents.Select(each => each.EventTypeCase));
        var started = request.NewEvents[1].ExecutionStarted;
        Assert.Equal(("Raw", "7", id), (started.Name, started.Input, started.WorkflowInstance.InstanceId));
        Assert.True(Guid.TryParse(started.WorkflowInstance.ExecutionId, out _));
        Assert.All(request.NewEvents, each => Assert.Equal(-1, each.EventId));
    }

    [Fact]
    public async Task The_start_is_older_than_the_turn_that_brings_it()
    {
        var (_, turn) = await StartAsync();

        Assert.True(turn.WorkflowRequest.NewEvents[1].Timestamp.ToDateTime() <= turn.WorkflowRequest.NewEvents[0].Timestamp.ToDateTime());
    }

    [Fact]
    public async Task A_start_hands_its_trace_to_the_execution_and_to_activities()
    {
        const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var (id, turn) = await StartAsync(request => request.ParentTraceContext = new TraceContext { TraceParent = Trace });
        Assert.Equal(Trace, turn.WorkflowRequest.NewEvents[1].ExecutionStarted.ParentTraceContext.TraceParent);
        await _worker.AnswerAsync(turn, Call(0, "A"));

        Assert.Equal(Trace, (await _worker.NextAsync(id)).ActivityRequest.ParentTraceContext.TraceParent);
    }

    [Fact]
    public async Task An_activity_request_has_name_input_task_id_and_execution_id()
    {
        var (id, turn) = await StartAsync();
        await _worker.AnswerAsync(turn, Call(3, "A", "1"));
        var request = (await _worker.NextAsync(id)).ActivityRequest;

        Assert.Equal(
            ("A", "1", 3, "exec-3", id),
            (request.Name, request.Input, request.TaskId, request.TaskExecutionId, request.WorkflowInstance.InstanceId)
        );
    }

    [Fact]
    public async Task The_second_turn_has_the_first_as_its_past_and_the_completion_as_news()
    {
        var (id, turn) = await StartAsync();
        await _worker.AnswerAsync(turn, Call(0, "A"));
        await _worker.AnswerAsync(await _worker.NextAsync(id), "5");
        var request = (await _worker.NextTurnAsync(id)).WorkflowRequest;

        Assert.Equal(
            [EventCase.WorkflowStarted, EventCase.ExecutionStarted, EventCase.TaskScheduled],
            request.PastEvents.Select(each => each.EventTypeCase)
        );
        Assert.Equal([EventCase.WorkflowStarted, EventCase.TaskCompleted], request.NewEvents.Select(each => each.EventTypeCase));
        var completed = request.NewEvents[1].TaskCompleted;
        Assert.Equal((0, "5", "exec-0"), (completed.TaskScheduledId, completed.Result, completed.TaskExecutionId));
    }

    [Fact]
    public async Task Failure_details_of_an_activity_win_over_its_result()
    {
        var (id, turn) = await StartAsync();
        await _worker.AnswerAsync(turn, Call(0, "A"));
        var activity = await _worker.NextAsync(id);
        await Hub.CompleteActivityTaskAsync(
            new ActivityResponse
            {
                InstanceId = id,
                TaskId = 0,
                Result = "5",
                CompletionToken = activity.CompletionToken,
                FailureDetails = new TaskFailureDetails { ErrorType = "E", ErrorMessage = "broke" },
            }
        );

        Assert.Equal("broke", (await _worker.NextTurnAsync(id)).WorkflowRequest.NewEvents[1].TaskFailed.FailureDetails.ErrorMessage);
    }

    [Fact]
    public async Task A_second_answer_to_a_turn_is_ignored()
    {
        var (id, turn) = await StartAsync();
        await _worker.AnswerAsync(turn, End(0, "1"));
        await _worker.AnswerAsync(turn, End(0, "2"));

        Assert.Equal("1", (await StateAsync(id)).Output);
    }

    [Fact]
    public async Task Answers_for_unknown_instances_are_accepted_and_ignored()
    {
        Assert.NotNull(await Hub.CompleteOrchestratorTaskAsync(new WorkflowResponse { InstanceId = Unique("none"), Actions = { End(0, "1") } }));
        Assert.NotNull(
            await Hub.CompleteActivityTaskAsync(
                new ActivityResponse
                {
                    InstanceId = Unique("none"),
                    TaskId = 4,
                    Result = "1",
                }
            )
        );
    }

    [Fact]
    public async Task The_other_name_of_the_answer_works_too()
    {
        var (id, turn) = await StartAsync();
        await Hub.CompleteWorkflowTaskAsync(Response(turn, End(0, "1")));

        Assert.Equal("1", (await StateAsync(id)).Output);
    }

    [Fact]
    public async Task The_first_of_two_completions_wins()
    {
        var (id, turn) = await StartAsync();
        await _worker.AnswerAsync(turn, End(0, "first"), End(1, "second"));

        Assert.Equal("first", (await StateAsync(id)).Output);
    }

    [Fact]
    public async Task The_turn_of_a_lost_stream_comes_again_whole_to_another()
    {
        var (id, turn) = await StartAsync(input: "7");
        await using RawWorker other = new(Dapr, _sidecar.Grpc);
        await _worker.DisposeAsync();
        var again = await other.NextTurnAsync(id);
        Assert.Equal(turn.WorkflowRequest.NewEvents[1], again.WorkflowRequest.NewEvents[1]);
        await other.AnswerAsync(again, End(0, "1"));

        Assert.Equal(
            OrchestrationStatus.Completed,
            (await other.Hub.GetInstanceAsync(new GetInstanceRequest { InstanceId = id })).WorkflowState.WorkflowStatus
        );
        _worker = new RawWorker(Dapr, _sidecar.Grpc);
    }

    [Fact]
    public async Task A_timer_fires_with_its_id_and_is_never_early()
    {
        var (id, turn) = await StartAsync();
        var fireAt = TimeProvider.System.GetUtcNow().AddMilliseconds(400);
        await _worker.AnswerAsync(turn, Timer(2, fireAt));
        var request = (await _worker.NextTurnAsync(id)).WorkflowRequest;

        Assert.Equal(2, request.NewEvents[1].TimerFired.TimerId);
        Assert.True(request.NewEvents[1].Timestamp.ToDateTimeOffset() >= fireAt);
        Assert.Equal(2, request.PastEvents[^1].EventId);
    }

    [Fact]
    public async Task A_timer_in_the_past_fires_at_once()
    {
        var (id, turn) = await StartAsync();
        await _worker.AnswerAsync(turn, Timer(0, TimeProvider.System.GetUtcNow().AddDays(-1)));

        Assert.NotNull((await _worker.NextTurnAsync(id)).WorkflowRequest.NewEvents[1].TimerFired);
    }

    [Fact]
    public async Task Continue_as_new_brings_a_fresh_history_with_the_events_carried_over()
    {
        var (id, turn) = await StartAsync(input: "1");
        var first = turn.WorkflowRequest.NewEvents[1].ExecutionStarted.WorkflowInstance.ExecutionId;
        var next = End(0, "2", OrchestrationStatus.ContinuedAsNew);
        next.CompleteWorkflow.CarryoverEvents.Add(
            new HistoryEvent
            {
                EventId = -1,
                EventRaised = new EventRaisedEvent { Name = "Item", Input = "x" },
            }
        );
        await _worker.AnswerAsync(turn, next);
        var request = (await _worker.NextTurnAsync(id)).WorkflowRequest;

        Assert.Empty(request.PastEvents);
        Assert.Equal(
            [EventCase.WorkflowStarted, EventCase.ExecutionStarted, EventCase.EventRaised],
            request.NewEvents.Select(each => each.EventTypeCase)
        );
        Assert.Equal("2", request.NewEvents[1].ExecutionStarted.Input);
        Assert.NotEqual(first, request.NewEvents[1].ExecutionStarted.WorkflowInstance.ExecutionId);
    }

    [Fact]
    public async Task A_child_gets_its_parent_and_the_parent_its_result()
    {
        var (id, turn) = await StartAsync();
        var childId = $"{id}-child";
        await _worker.AnswerAsync(
            turn,
            new WorkflowAction
            {
                Id = 4,
                CreateChildWorkflow = new CreateChildWorkflowAction
                {
                    Name = "Child",
                    InstanceId = childId,
                    Input = "1",
                },
            }
        );
        var child = await _worker.NextTurnAsync(childId);
        var parent = child.WorkflowRequest.NewEvents[1].ExecutionStarted.ParentInstance;
        Assert.Equal((4, id), (parent.TaskScheduledId, parent.WorkflowInstance.InstanceId));
        await _worker.AnswerAsync(child, End(0, "9"));

        var completed = (await _worker.NextTurnAsync(id)).WorkflowRequest.NewEvents[1].ChildWorkflowInstanceCompleted;
        Assert.Equal((4, "9"), (completed.TaskScheduledId, completed.Result));
    }

    [Fact]
    public async Task A_child_without_an_id_gets_one_from_its_parent()
    {
        var (id, turn) = await StartAsync();
        await _worker.AnswerAsync(
            turn,
            new WorkflowAction
            {
                Id = 10,
                CreateChildWorkflow = new CreateChildWorkflowAction { Name = "Child" },
            }
        );

        Assert.NotNull(await _worker.NextTurnAsync($"{id}:000a"));
    }

    [Fact]
    public async Task A_child_under_an_id_in_use_fails_at_the_parent()
    {
        var (other, _) = await StartAsync();
        var (id, turn) = await StartAsync();
        await _worker.AnswerAsync(
            turn,
            new WorkflowAction
            {
                Id = 0,
                CreateChildWorkflow = new CreateChildWorkflowAction { Name = "Child", InstanceId = other },
            }
        );

        Assert.Contains(
            "already exists",
            (await _worker.NextTurnAsync(id)).WorkflowRequest.NewEvents[1].ChildWorkflowInstanceFailed.FailureDetails.ErrorMessage
        );
    }

    [Fact]
    public async Task An_answer_without_custom_status_clears_it()
    {
        var (id, turn) = await StartAsync();
        var answer = Response(turn, Call(0, "A"));
        answer.CustomStatus = "\"half\"";
        await Hub.CompleteOrchestratorTaskAsync(answer);
        await _worker.AnswerAsync(await _worker.NextAsync(id), "1");
        var second = await _worker.NextTurnAsync(id);
        Assert.Equal("\"half\"", (await StateAsync(id)).CustomStatus);
        await _worker.AnswerAsync(second, End(1, "1"));

        Assert.True(string.IsNullOrEmpty((await StateAsync(id)).CustomStatus));
    }

    [Fact]
    public async Task Patches_of_an_answer_are_stored_with_the_turn()
    {
        var (id, turn) = await StartAsync();
        var answer = Response(turn, Call(0, "A"));
        answer.Version = new WorkflowVersion { Patches = { "p1" } };
        await Hub.CompleteOrchestratorTaskAsync(answer);
        await _worker.AnswerAsync(await _worker.NextAsync(id), "1");

        Assert.Equal(["p1"], (await _worker.NextTurnAsync(id)).WorkflowRequest.PastEvents[0].WorkflowStarted.Version.Patches);
    }

    [Fact]
    public async Task An_answer_that_lacks_a_recorded_patch_stalls_the_instance()
    {
        var (id, turn) = await StartAsync();
        var answer = Response(turn, Call(0, "A"));
        answer.Version = new WorkflowVersion { Patches = { "p1" } };
        await Hub.CompleteOrchestratorTaskAsync(answer);
        await _worker.AnswerAsync(await _worker.NextAsync(id), "1");
        await _worker.AnswerAsync(await _worker.NextTurnAsync(id), End(1, "1"));

        await Health.UntilAsync(
            "the instance is stalled",
            async () => (await StateAsync(id)).WorkflowStatus == OrchestrationStatus.Stalled,
            Cancellation
        );
    }

    [Fact]
    public async Task An_unknown_instance_does_not_exist_and_is_no_error() =>
        Assert.False((await Hub.GetInstanceAsync(new GetInstanceRequest { InstanceId = Unique("none") })).Exists);

    [Fact]
    public async Task The_history_of_an_unknown_instance_is_NotFound() =>
        Assert.Equal(
            StatusCode.NotFound,
            (
                await Assert.ThrowsAsync<RpcException>(async () =>
                    await Hub.GetInstanceHistoryAsync(new GetInstanceHistoryRequest { InstanceId = Unique("none") })
                )
            ).StatusCode
        );

    [Fact]
    public async Task A_purge_of_an_unknown_instance_is_Unknown() =>
        Assert.Equal(
            StatusCode.Unknown,
            (
                await Assert.ThrowsAsync<RpcException>(async () =>
                    await Hub.PurgeInstancesAsync(new PurgeInstancesRequest { InstanceId = Unique("none") })
                )
            ).StatusCode
        );

    [Fact]
    public async Task A_rerun_of_a_running_instance_is_InvalidArgument()
    {
        var (id, _) = await StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await Hub.RerunWorkflowFromEventAsync(new RerunWorkflowFromEventRequest { SourceInstanceID = id, EventID = 0 })
        );
        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
    }

    [Fact]
    public async Task States_without_payloads_have_neither_input_nor_output()
    {
        var (id, turn) = await StartAsync(input: "7");
        await _worker.AnswerAsync(turn, End(0, "1"));
        var state = (await Hub.GetInstanceAsync(new GetInstanceRequest { InstanceId = id })).WorkflowState;

        Assert.Equal((OrchestrationStatus.Completed, null, null), (state.WorkflowStatus, state.Input, state.Output));
    }

    private async Task<(string Id, WorkItem Turn)> StartAsync(Action<CreateInstanceRequest>? change = null, string? input = null)
    {
        var id = Unique("raw");
        CreateInstanceRequest request = new()
        {
            InstanceId = id,
            Name = "Raw",
            Input = input,
        };
        change?.Invoke(request);
        // Answered only when the first turn is over, so nobody waits for it here.
        _ = Hub.StartInstanceAsync(request).ResponseAsync.ContinueWith(each => each.Exception, TaskScheduler.Default);
        return (id, await _worker.NextTurnAsync(id));
    }

    private async Task<WorkflowState> StateAsync(string id) =>
        (await Hub.GetInstanceAsync(new GetInstanceRequest { InstanceId = id, GetInputsAndOutputs = true })).WorkflowState;
}
