using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using Dapr.Workflow.Client;
using Dapr.Workflow.Registration;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using WorkflowSdk.Tests.Worker;
using ProtoState = Dapr.DurableTask.Protobuf.WorkflowState;

namespace WorkflowSdk.Tests.Client;

public sealed class ClientTests : IAsyncLifetime
{
    private FakeTaskHub _hub = null!;
    private DaprWorkflowClient _client = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _hub = await FakeTaskHub.StartAsync();
        DaprWorkflowClientBuilder builder = new(new ConfigurationBuilder().Build());
        builder.UseGrpcEndpoint(_hub.Address);
        builder.UseDaprApiToken("secret");
        _client = builder.Build();
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task A_start_sends_name_id_input_time_and_token()
    {
        var at = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.FromHours(2));

        Assert.Equal("one", await _client.ScheduleNewWorkflowAsync("Order", "one", new { Book = 1 }, at, Cancellation));

        var request = Asked<CreateInstanceRequest>("StartInstance");
        Assert.Equal(("Order", "one", "{\"book\":1}"), (request.Name, request.InstanceId, request.Input));
        Assert.Equal(at.UtcDateTime, request.ScheduledStartTimestamp.ToDateTime());
        Assert.Equal("secret", _hub.State.Calls.Single().Headers.GetValue("dapr-api-token"));
    }

    [Fact]
    public async Task A_start_without_id_and_input_makes_an_id_and_sends_an_empty_text()
    {
        var id = await _client.ScheduleNewWorkflowAsync("Order");

        var request = Asked<CreateInstanceRequest>("StartInstance");
        Assert.Equal(id, request.InstanceId);
        Assert.True(Guid.TryParse(id, out _));
        Assert.Equal("", request.Input);
        Assert.Null(request.ScheduledStartTimestamp);
    }

    [Fact]
    public async Task A_start_hands_on_the_trace()
    {
        using System.Diagnostics.Activity trace = new("test");
        trace.SetIdFormat(System.Diagnostics.ActivityIdFormat.W3C).Start();
        await _client.ScheduleNewWorkflowAsync("Order");

        Assert.Equal(trace.Id, Asked<CreateInstanceRequest>("StartInstance").ParentTraceContext.TraceParent);
    }

    [Fact]
    public async Task A_state_reads_as_what_the_runtime_says()
    {
        _hub.State.Script["GetInstance"] = _ => new GetInstanceResponse
        {
            Exists = true,
            WorkflowState = new ProtoState
            {
                InstanceId = "one",
                Name = "Order",
                WorkflowStatus = OrchestrationStatus.Failed,
                Input = "3",
                CustomStatus = "\"half\"",
                CreatedTimestamp = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)),
                FailureDetails = new TaskFailureDetails { ErrorType = "E", ErrorMessage = "broke" },
            },
        };

        var state = await _client.GetWorkflowStateAsync("one", cancellation: Cancellation);

        Assert.True(Asked<GetInstanceRequest>("GetInstance").GetInputsAndOutputs);
        Assert.Equal((true, "Order", WorkflowRuntimeStatus.Failed), (state.Exists, state.WorkflowName, state.RuntimeStatus));
        Assert.Equal((3, "half", (string?)null), (state.ReadInputAs<int>(), state.ReadCustomStatusAs<string>(), state.ReadOutputAs<string>()));
        Assert.Equal("E: broke", state.FailureDetails?.ToString());
        Assert.Equal((false, true), (state.IsWorkflowRunning, state.IsWorkflowCompleted));
        Assert.Equal(2026, state.CreatedAt.Year);
    }

    [Fact]
    public async Task A_missing_instance_does_not_exist()
    {
        var state = await _client.GetWorkflowStateAsync("none", cancellation: Cancellation);

        Assert.Equal((false, WorkflowRuntimeStatus.Unknown, (string?)null), (state.Exists, state.RuntimeStatus, state.WorkflowName));
    }

    [Fact]
    public async Task A_half_written_state_is_asked_for_again()
    {
        var asked = 0;
        _hub.State.Script["GetInstance"] = _ =>
            ++asked < 3 ? throw new RpcException(new Status(StatusCode.Unknown, "history is missing from state store")) : Ended();

        Assert.True((await _client.GetWorkflowStateAsync("one", cancellation: Cancellation)).IsWorkflowCompleted);
        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task Other_errors_reach_the_caller()
    {
        _hub.State.Script["GetInstance"] = _ => throw new RpcException(new Status(StatusCode.PermissionDenied, "no"));

        var failure = await Assert.ThrowsAsync<RpcException>(() => _client.GetWorkflowStateAsync("one", cancellation: Cancellation));
        Assert.Equal(StatusCode.PermissionDenied, failure.StatusCode);
    }

    [Fact]
    public async Task A_wait_for_the_end_outlives_a_lost_runtime_and_reads_the_payloads_after_it()
    {
        var waits = 0;
        _hub.State.Script["WaitForInstanceCompletion"] = _ =>
            ++waits switch
            {
                1 => throw new RpcException(new Status(StatusCode.Unavailable, "restarting")),
                2 => throw new RpcException(new Status(StatusCode.DeadlineExceeded, "long")),
                _ => Ended(),
            };
        _hub.State.Script["GetInstance"] = _ => Ended("\"done\"");

        var state = await _client.WaitForWorkflowCompletionAsync("one", cancellation: Cancellation);

        Assert.Equal(("done", 3), (state.ReadOutputAs<string>(), waits));
        Assert.False(Asked<GetInstanceRequest>("WaitForInstanceCompletion").GetInputsAndOutputs);
    }

    [Fact]
    public async Task A_wait_for_the_end_of_nothing_says_so()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _client.WaitForWorkflowCompletionAsync("none", cancellation: Cancellation)
        );
        Assert.Equal("There is no workflow instance 'none'.", failure.Message);
    }

    [Fact]
    public async Task Steering_calls_send_what_they_are_given()
    {
        await _client.RaiseEventAsync("one", "go", 5, Cancellation);
        await _client.SuspendWorkflowAsync("one", "lunch", Cancellation);
        await _client.ResumeWorkflowAsync("one", cancellation: Cancellation);
        await _client.TerminateWorkflowAsync("one", "enough", Cancellation);

        var raised = Asked<RaiseEventRequest>("RaiseEvent");
        Assert.Equal(("one", "go", "5"), (raised.InstanceId, raised.Name, raised.Input));
        Assert.Equal("lunch", Asked<SuspendRequest>("SuspendInstance").Reason);
        Assert.Equal("one", Asked<ResumeRequest>("ResumeInstance").InstanceId);
        var terminated = Asked<TerminateRequest>("TerminateInstance");
        Assert.Equal(("\"enough\"", true), (terminated.Output, terminated.Recursive));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(2, true)]
    public async Task A_purge_says_whether_anything_was_deleted(int deleted, bool expected)
    {
        _hub.State.Script["PurgeInstances"] = _ => new PurgeInstancesResponse { DeletedInstanceCount = deleted };

        Assert.Equal(expected, await _client.PurgeInstanceAsync("one", Cancellation));
        Assert.True(Asked<PurgeInstancesRequest>("PurgeInstances").Recursive);
    }

    [Fact]
    public async Task Ids_come_in_pages()
    {
        _hub.State.Script["ListInstanceIDs"] = request =>
            ((ListInstanceIDsRequest)request).HasContinuationToken
                ? new ListInstanceIDsResponse { InstanceIds = { "c" } }
                : new ListInstanceIDsResponse { InstanceIds = { "a", "b" }, ContinuationToken = "2" };

        var first = await _client.ListInstanceIdsAsync(pageSize: 2, cancellation: Cancellation);
        var second = await _client.ListInstanceIdsAsync(first.ContinuationToken, 2, Cancellation);

        Assert.Equal(["a", "b"], first.InstanceIds);
        Assert.Equal("2", first.ContinuationToken);
        Assert.Equal(["c"], second.InstanceIds);
        Assert.Null(second.ContinuationToken);
        Assert.Equal(2u, Asked<ListInstanceIDsRequest>("ListInstanceIDs").PageSize);
    }

    [Fact]
    public async Task A_history_reads_as_ids_kinds_and_times()
    {
        _hub.State.Script["GetInstanceHistory"] = _ => new GetInstanceHistoryResponse
        {
            Events = { Replay.Story.TurnBegan(0), Replay.Events.Scheduled(4, "Pay"), Replay.Events.Resumed() },
        };

        var history = await _client.GetInstanceHistoryAsync("one", Cancellation);

        Assert.Equal(
            [
                (-1, WorkflowHistoryEventType.OrchestratorStarted),
                (4, WorkflowHistoryEventType.TaskScheduled),
                (-1, WorkflowHistoryEventType.ExecutionResumed),
            ],
            history.Select(each => (each.EventId, each.EventType))
        );
        Assert.Equal(Replay.Story.TimeOf(0), history[0].Timestamp);
    }

    [Fact]
    public async Task A_rerun_names_source_event_and_new_input()
    {
        _hub.State.Script["RerunWorkflowFromEvent"] = _ => new RerunWorkflowFromEventResponse { NewInstanceID = "two" };

        Assert.Equal(
            "two",
            await _client.RerunWorkflowFromEventAsync(
                "one",
                4,
                new RerunWorkflowFromEventOptions
                {
                    NewInstanceId = "two",
                    Input = 9,
                    OverwriteInput = true,
                },
                Cancellation
            )
        );
        var request = Asked<RerunWorkflowFromEventRequest>("RerunWorkflowFromEvent");
        Assert.Equal(
            ("one", 4u, "two", "9", true),
            (request.SourceInstanceID, request.EventID, request.NewInstanceID, request.Input, request.OverwriteInput)
        );
    }

    [Fact]
    public void The_client_and_its_interface_are_registered_with_the_lifetime_given()
    {
        ServiceCollection services = [];
        services.AddDaprWorkflow(_ => { }, ServiceLifetime.Scoped);

        Assert.All(
            [typeof(DaprWorkflowClient), typeof(IDaprWorkflowClient)],
            type => Assert.Equal(ServiceLifetime.Scoped, Assert.Single(services, each => each.ServiceType == type).Lifetime)
        );
    }

    [Fact]
    public void Start_options_are_built_fluently()
    {
        StartWorkflowOptions options = new StartWorkflowOptionsBuilder().WithInstanceId("one").StartAt(DateTimeOffset.UnixEpoch);

        Assert.Equal(("one", (DateTimeOffset?)DateTimeOffset.UnixEpoch), (options.InstanceId, options.StartAt));
    }

    private static GetInstanceResponse Ended(string? output = null) =>
        new()
        {
            Exists = true,
            WorkflowState = new ProtoState
            {
                InstanceId = "one",
                WorkflowStatus = OrchestrationStatus.Completed,
                Output = output,
            },
        };

    private T Asked<T>(string method)
        where T : IMessage => (T)_hub.State.Calls.First(call => call.Method == method).Request;
}
