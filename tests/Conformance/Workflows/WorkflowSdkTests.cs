using Dapr.Conformance.Tests.Backends;
using Dapr.Conformance.Tests.Fixture;
using Dapr.Workflow;
using Dapr.Workflow.Client;
using Grpc.Core;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>Worker and client of the Dapr.Workflow package against the backend's engine.</summary>
public class WorkflowSdkTests(DaprFixture dapr, WorkflowHost workflows) : ConformanceTest(dapr), IClassFixture<WorkflowHost>
{
    private DaprWorkflowClient Client => workflows.Client;

    [Fact]
    public async Task Activities_run_one_after_the_other_and_the_result_is_the_output() =>
        Assert.Equal(12, (await RunAsync("Chain", 3)).ReadOutputAs<int>());

    [Fact]
    public async Task A_state_has_name_input_output_and_times()
    {
        var state = await RunAsync("Chain", 3);

        Assert.Equal(
            ("Chain", 3, WorkflowRuntimeStatus.Completed, true),
            (state.WorkflowName, state.ReadInputAs<int>(), state.RuntimeStatus, state.IsWorkflowCompleted)
        );
        Assert.True(state.CreatedAt <= state.LastUpdatedAt && state.CreatedAt.Year > 2000);
    }

    [Fact]
    public async Task Parallel_activities_all_count() => Assert.Equal(2 * 20 * 21 / 2, (await RunAsync("FanOut", 20)).ReadOutputAs<int>());

    [Fact]
    public async Task A_failed_activity_can_be_caught_with_its_type_and_message() =>
        Assert.Equal("System.InvalidOperationException: no stock", (await RunAsync("Catch", "no stock")).ReadOutputAs<string>());

    [Fact]
    public async Task An_unhandled_failure_is_in_the_state()
    {
        var state = await RunAsync("CallFail", "no stock");

        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.Equal("Task failed: no stock", state.FailureDetails?.ErrorMessage);
        Assert.True(state.FailureDetails!.IsCausedBy<WorkflowTaskFailedException>());
    }

    [Fact]
    public async Task A_retry_policy_repeats_the_activity_until_it_succeeds() =>
        Assert.Equal(3, (await RunAsync("Retry", Unique("retry"))).ReadOutputAs<int>());

    [Fact]
    public async Task A_timer_never_fires_early() => Assert.True((await RunAsync("Sleep", 300)).ReadOutputAs<double>() >= 300);

    [Fact]
    public async Task Events_are_taken_in_their_order_also_those_that_came_before_the_wait()
    {
        var id = await StartAsync("Collect", 3);
        foreach (var each in new[] { "a", "b", "c" })
            await Client.RaiseEventAsync(id, "item", each, Cancellation);

        Assert.Equal("a,b,c", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_wait_ends_with_its_timeout() => Assert.Equal("timeout", (await RunAsync("WaitOr", 200)).ReadOutputAs<string>());

    [Fact]
    public async Task A_wait_ends_with_its_event_before_the_timeout()
    {
        var id = await StartAsync("WaitOr", 60_000);
        await Client.RaiseEventAsync(id, "Item", "here", Cancellation);

        Assert.Equal("here", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_child_gives_its_result_to_the_parent() =>
        Assert.Equal("child said 12", (await RunAsync("Parent", "Chain")).ReadOutputAs<string>());

    [Fact]
    public async Task A_failed_child_fails_the_parents_call() =>
        Assert.Equal("Child workflow 'FailAlways' failed: no 3", (await RunAsync("Parent", "FailAlways")).ReadOutputAs<string>());

    [Fact]
    public async Task A_child_is_an_instance_of_its_own()
    {
        var id = await StartAsync("ParentOfWaiter", "");
        await UntilAsync(
            "the child runs",
            async () => (await Client.GetWorkflowStateAsync($"{id}-child", cancellation: Cancellation)).IsWorkflowRunning
        );
        await Client.RaiseEventAsync($"{id}-child", "Item", "x", Cancellation);

        Assert.Equal("x", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Continue_as_new_starts_over_with_the_new_input()
    {
        var state = await RunAsync("CountDown", 10);

        Assert.Equal((0, 0), (state.ReadOutputAs<int>(), state.ReadInputAs<int>()));
    }

    [Fact]
    public async Task Continue_as_new_keeps_events_that_nobody_waited_for()
    {
        var id = await StartAsync("TakeOneEach", new List<string>());
        foreach (var each in new[] { "1", "2", "3", "4", "5" })
            await Client.RaiseEventAsync(id, "Item", each, Cancellation);

        Assert.Equal("1,2,3,4,5", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_suspended_instance_does_nothing_with_events_until_it_is_resumed()
    {
        var key = Unique("count");
        var id = await StartAsync("CountAfterEvent", key);
        await Client.SuspendWorkflowAsync(id, "lunch", Cancellation);
        await StatusAsync(id, WorkflowRuntimeStatus.Suspended);
        await Client.RaiseEventAsync(id, "Item", "x", Cancellation);
        Assert.Equal(WorkflowRuntimeStatus.Suspended, (await Client.GetWorkflowStateAsync(id, cancellation: Cancellation)).RuntimeStatus);
        Assert.Equal(0, workflows.Counts[key]);

        await Client.ResumeWorkflowAsync(id, cancellation: Cancellation);

        Assert.Equal(1, (await EndAsync(id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task An_instance_can_be_suspended_twice()
    {
        var id = await StartAsync("Collect", 1);
        for (var round = 0; round < 2; round++)
        {
            await Client.SuspendWorkflowAsync(id, cancellation: Cancellation);
            await StatusAsync(id, WorkflowRuntimeStatus.Suspended);
            await Client.ResumeWorkflowAsync(id, cancellation: Cancellation);
            await StatusAsync(id, WorkflowRuntimeStatus.Running);
        }

        await Client.RaiseEventAsync(id, "Item", "x", Cancellation);
        Assert.Equal("x", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Termination_ends_an_instance_with_the_given_output()
    {
        var id = await StartAsync("Collect", 1);
        await Client.TerminateWorkflowAsync(id, "enough", Cancellation);

        var state = await EndAsync(id);
        Assert.Equal((WorkflowRuntimeStatus.Terminated, "enough"), (state.RuntimeStatus, state.ReadOutputAs<string>()));
    }

    [Fact]
    public async Task A_suspended_instance_can_be_terminated()
    {
        var id = await StartAsync("Collect", 1);
        await Client.SuspendWorkflowAsync(id, cancellation: Cancellation);
        await Client.TerminateWorkflowAsync(id, cancellation: Cancellation);

        Assert.Equal(WorkflowRuntimeStatus.Terminated, (await EndAsync(id)).RuntimeStatus);
    }

    [Fact]
    public async Task Termination_ends_the_children_too()
    {
        var id = await StartAsync("ParentOfWaiter", "");
        await UntilAsync(
            "the child runs",
            async () => (await Client.GetWorkflowStateAsync($"{id}-child", cancellation: Cancellation)).IsWorkflowRunning
        );
        await Client.TerminateWorkflowAsync(id, cancellation: Cancellation);

        Assert.Equal(WorkflowRuntimeStatus.Terminated, (await EndAsync(id)).RuntimeStatus);
        Assert.Equal(WorkflowRuntimeStatus.Terminated, (await EndAsync($"{id}-child")).RuntimeStatus);
    }

    [Fact]
    public async Task The_custom_status_can_be_read_while_it_runs_and_after_its_end()
    {
        var id = await StartAsync("Status", "");
        await UntilAsync(
            "the status is set",
            async () =>
                (await Client.GetWorkflowStateAsync(id, cancellation: Cancellation)).ReadCustomStatusAs<Dictionary<string, string>>()?["step"]
                == "waiting"
        );
        await Client.RaiseEventAsync(id, "Item", "x", Cancellation);

        Assert.Equal("waiting", (await EndAsync(id)).ReadCustomStatusAs<Dictionary<string, string>>()?["step"]);
    }

    [Fact]
    public async Task A_state_without_payloads_has_status_but_no_input()
    {
        var id = (await StartedAndEndedAsync("Chain", 3)).Id;
        var state = await Client.GetWorkflowStateAsync(id, getInputsAndOutputs: false, Cancellation);

        Assert.Equal((WorkflowRuntimeStatus.Completed, 0, 0), (state.RuntimeStatus, state.ReadInputAs<int>(), state.ReadOutputAs<int>()));
    }

    [Fact]
    public async Task A_missing_instance_does_not_exist() =>
        Assert.False((await Client.GetWorkflowStateAsync(Unique("none"), cancellation: Cancellation)).Exists);

    [Fact]
    public async Task An_ended_instance_can_be_purged_and_is_gone()
    {
        var (id, _) = await StartedAndEndedAsync("Chain", 3);

        Assert.True(await Client.PurgeInstanceAsync(id, Cancellation));
        Assert.False((await Client.GetWorkflowStateAsync(id, cancellation: Cancellation)).Exists);
    }

    [Fact]
    public async Task A_running_instance_cannot_be_purged()
    {
        var id = await StartAsync("Collect", 1);

        await Assert.ThrowsAsync<RpcException>(() => Client.PurgeInstanceAsync(id, Cancellation));
        Assert.True((await Client.GetWorkflowStateAsync(id, cancellation: Cancellation)).IsWorkflowRunning);
    }

    [Fact]
    public async Task An_id_in_use_cannot_be_started_again()
    {
        var id = await StartAsync("Collect", 1);

        var failure = await Assert.ThrowsAsync<RpcException>(() => Client.ScheduleNewWorkflowAsync("Chain", id, 1));
        Assert.Equal(StatusCode.AlreadyExists, failure.StatusCode);
    }

    [Fact]
    public async Task The_id_of_an_ended_instance_can_be_used_again()
    {
        var (id, _) = await StartedAndEndedAsync("Chain", 3);
        await Client.ScheduleNewWorkflowAsync("Chain", id, 5);

        Assert.Equal(20, (await EndAsync(id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task A_start_in_the_future_leaves_it_pending()
    {
        var id = await Client.ScheduleNewWorkflowAsync("Chain", Unique("later"), 3, TimeProvider.System.GetUtcNow().AddHours(1), Cancellation);
        Assert.Equal(WorkflowRuntimeStatus.Pending, (await Client.GetWorkflowStateAsync(id, cancellation: Cancellation)).RuntimeStatus);

        await Client.TerminateWorkflowAsync(id, cancellation: Cancellation);
        Assert.Equal(WorkflowRuntimeStatus.Terminated, (await EndAsync(id)).RuntimeStatus);
    }

    [Fact]
    public async Task A_start_in_the_past_begins_at_once()
    {
        var id = await Client.ScheduleNewWorkflowAsync("Chain", Unique("past"), 3, TimeProvider.System.GetUtcNow().AddHours(-1), Cancellation);

        Assert.Equal(12, (await EndAsync(id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task All_ids_are_listed_in_pages()
    {
        HashSet<string> started =
        [
            (await StartedAndEndedAsync("Chain", 1)).Id,
            await StartAsync("Collect", 1),
            (await StartedAndEndedAsync("Chain", 2)).Id,
        ];
        List<string> listed = [];
        string? token = null;
        do
        {
            var page = await Client.ListInstanceIdsAsync(token, 2, Cancellation);
            Assert.True(page.InstanceIds.Count <= 2);
            listed.AddRange(page.InstanceIds);
            token = page.ContinuationToken;
        } while (token is not null);

        Assert.Superset(started, listed.ToHashSet());
        Assert.Equal(listed.Count, listed.Distinct().Count());
    }

    [Fact]
    public async Task The_history_has_a_turn_start_the_start_and_each_activity_twice()
    {
        var (id, _) = await StartedAndEndedAsync("Chain", 1);
        var kinds = (await Client.GetInstanceHistoryAsync(id, Cancellation)).Select(each => each.EventType).ToArray();

        Assert.Equal([WorkflowHistoryEventType.OrchestratorStarted, WorkflowHistoryEventType.ExecutionStarted], kinds[..2]);
        Assert.Equal(2, kinds.Count(each => each == WorkflowHistoryEventType.TaskScheduled));
        Assert.Equal(2, kinds.Count(each => each == WorkflowHistoryEventType.TaskCompleted));
        Assert.Equal(WorkflowHistoryEventType.ExecutionCompleted, kinds[^1]);
    }

    [Fact]
    public async Task An_ended_instance_runs_again_from_an_event_with_another_input()
    {
        var (id, _) = await StartedAndEndedAsync("Chain", 3);
        var again = await Client.RerunWorkflowFromEventAsync(
            id,
            1,
            new RerunWorkflowFromEventOptions
            {
                NewInstanceId = Unique("again"),
                Input = 50,
                OverwriteInput = true,
            },
            Cancellation
        );

        Assert.Equal(100, (await EndAsync(again)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Payloads_of_one_megabyte_pass() => Assert.Equal(1_000_000, (await RunAsync("Large", 1_000_000)).ReadOutputAs<int>());

    [Fact]
    public async Task A_result_over_the_message_limit_fails_with_its_size()
    {
        Assert.SkipUnless(
            Dapr.BackendName == "embedded",
            "daprd refuses the answer, and the package runs the activity again every five seconds, for ever"
        );
        var state = await RunAsync("Large", 5_000_000);

        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.Contains("The answer has 5", state.FailureDetails?.ErrorMessage);
    }

    [Fact]
    public async Task Null_goes_in_and_comes_out() => Assert.Null((await RunAsync("Nulls", null)).ReadOutputAs<string>());

    [Fact]
    public async Task An_unknown_workflow_fails()
    {
        var state = await RunAsync("Nobody", 1);

        Assert.Equal((WorkflowRuntimeStatus.Failed, "WorkflowNotFound"), (state.RuntimeStatus, state.FailureDetails?.ErrorType));
    }

    [Fact]
    public async Task An_unknown_activity_fails_its_call() =>
        Assert.Contains("Activity 'Nobody' not found", (await RunAsync("CallUnknown", "")).FailureDetails?.ErrorMessage);

    [Fact]
    public async Task Workflow_names_ignore_case() => Assert.Equal(4, (await RunAsync("chain", 1)).ReadOutputAs<int>());

    [Fact]
    public async Task An_event_for_an_unknown_instance_is_an_error() =>
        await Assert.ThrowsAsync<RpcException>(() => Client.RaiseEventAsync(Unique("none"), "Item", "x", Cancellation));

    [Fact]
    public async Task An_event_for_an_ended_instance_is_ignored()
    {
        var (id, state) = await StartedAndEndedAsync("Chain", 3);
        await Client.RaiseEventAsync(id, "Item", "x", Cancellation);

        Assert.Equal(state.ReadOutputAs<int>(), (await Client.GetWorkflowStateAsync(id, cancellation: Cancellation)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Terminating_an_ended_instance_changes_nothing()
    {
        var (id, _) = await StartedAndEndedAsync("Chain", 3);
        await Client.TerminateWorkflowAsync(id, "late", Cancellation);

        Assert.Equal(WorkflowRuntimeStatus.Completed, (await Client.GetWorkflowStateAsync(id, cancellation: Cancellation)).RuntimeStatus);
    }

    [Fact]
    public async Task Code_that_no_longer_fits_the_history_goes_on_unnoticed()
    {
        var id = await StartAsync("Drifting", "");
        await UntilAsync(
            "the activity is done",
            async () => (await Client.GetInstanceHistoryAsync(id, Cancellation)).Any(each => each.EventType == WorkflowHistoryEventType.TaskCompleted)
        );
        await workflows.StopAsync();
        SampleWorkflows.Changed[id] = true;
        await workflows.StartAsync();
        await Client.RaiseEventAsync(id, "Item", "x", Cancellation);

        // The activity's result is taken for the timer's: the package compares numbers, not kinds.
        var state = await EndAsync(id);
        Assert.Equal((WorkflowRuntimeStatus.Completed, 1), (state.RuntimeStatus, state.ReadOutputAs<int>()));
    }

    [Fact]
    public async Task Code_that_awaits_foreign_tasks_stays_running_with_nothing_to_do()
    {
        var id = await StartAsync("AwaitForeign", "");
        Assert.Equal(WorkflowRuntimeStatus.Running, (await Client.GetWorkflowStateAsync(id, cancellation: Cancellation)).RuntimeStatus);
        Assert.Equal(
            [WorkflowHistoryEventType.OrchestratorStarted, WorkflowHistoryEventType.ExecutionStarted],
            (await Client.GetInstanceHistoryAsync(id, Cancellation)).Select(each => each.EventType)
        );

        await Client.TerminateWorkflowAsync(id, cancellation: Cancellation);
        Assert.Equal(WorkflowRuntimeStatus.Terminated, (await EndAsync(id)).RuntimeStatus);
    }

    [Fact]
    public async Task A_new_instance_takes_a_patch_and_keeps_it()
    {
        var id = await StartAsync("AlwaysPatched", "");
        await Client.RaiseEventAsync(id, "Item", "x", Cancellation);

        Assert.Equal("newnew", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_instance_that_began_before_the_patch_keeps_the_old_path()
    {
        var id = await StartAsync("Patched", "");
        SampleWorkflows.Changed[id] = true;
        await Client.RaiseEventAsync(id, "Item", "x", Cancellation);

        Assert.Equal("old", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Guids_stay_the_same_over_turns()
    {
        var guids = (await RunAsync("Guids", "")).ReadOutputAs<string>()!.Split(' ');

        Assert.Equal(2, guids.Select(Guid.Parse).Distinct().Count());
    }

    [Fact]
    public async Task An_activity_knows_its_instance_name_and_a_key_of_its_own()
    {
        var (id, state) = await StartedAndEndedAsync("ActivityKey", "");

        Assert.Matches($"^{id}\\|[0-9a-f]{{32}}\\|Key$", state.ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_workflow_can_send_an_event_to_another()
    {
        Assert.SkipUnless(Dapr.BackendName == "embedded", "daprd 1.18.2 does not carry out the sendEvent action");
        var other = await StartAsync("Collect", 1);
        await RunAsync("Tell", other);

        Assert.Equal("told", (await EndAsync(other)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Instances_go_on_when_their_worker_comes_back()
    {
        var id = await StartAsync("Collect", 2);
        await Client.RaiseEventAsync(id, "Item", "a", Cancellation);
        await workflows.StopAsync();
        await workflows.StartAsync();
        await Client.RaiseEventAsync(id, "Item", "b", Cancellation);

        Assert.Equal("a,b", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Many_instances_run_side_by_side()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 50).Select(each => StartAsync("Chain", each)));
        var outputs = await Task.WhenAll(ids.Select(async id => (await EndAsync(id)).ReadOutputAs<int>()));

        Assert.Equal(Enumerable.Range(0, 50).Select(each => 4 * each), outputs);
    }

    private async Task<string> StartAsync(string name, object? input) => await Client.ScheduleNewWorkflowAsync(name, Unique("wf"), input);

    private async Task<WorkflowState> RunAsync(string name, object? input) => (await StartedAndEndedAsync(name, input)).State;

    private async Task<(string Id, WorkflowState State)> StartedAndEndedAsync(string name, object? input)
    {
        var id = await StartAsync(name, input);
        return (id, await EndAsync(id));
    }

    private async Task<WorkflowState> EndAsync(string id)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        return await Client.WaitForWorkflowCompletionAsync(id, cancellation: deadline.Token);
    }

    private Task StatusAsync(string id, WorkflowRuntimeStatus status) =>
        UntilAsync($"{id} is {status}", async () => (await Client.GetWorkflowStateAsync(id, cancellation: Cancellation)).RuntimeStatus == status);

    private static Task UntilAsync(string what, Func<Task<bool>> isTrue) => Health.UntilAsync(what, isTrue, Cancellation, TimeSpan.FromSeconds(20));
}
