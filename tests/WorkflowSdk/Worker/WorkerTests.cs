using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WorkflowSdk.Tests.Replay;
using static WorkflowSdk.Tests.Worker.WorkerHost;

namespace WorkflowSdk.Tests.Worker;

public class WorkerTests
{
    private static readonly Action<WorkflowRuntimeOptions> Shop = options =>
    {
        options.RegisterWorkflow<string, string>("Order", async (context, input) => await context.CallActivityAsync<string>("Pay", input));
        options.RegisterActivity<string, string>("Pay", (_, input) => Task.FromResult($"paid {input}"));
        options.RegisterActivity<string, string>("Break", (_, _) => throw new FormatException("bad card"));
        options.RegisterActivity<int, string>("Big", (_, count) => Task.FromResult(new string('x', count)));
    };

    [Fact]
    public async Task A_turn_is_answered_with_its_token_under_the_name_that_runtimes_know()
    {
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(hub.Address, Shop);
        hub.State.HandOut(FirstTurn("order", input: "\"book\""), "token-1");

        var answer = await hub.State.Turns.NextAsync();

        Assert.Equal(("one", "token-1"), (answer.InstanceId, answer.CompletionToken));
        Assert.Equal(["0 activity Pay"], answer.Actions());
        Assert.Contains(hub.State.Calls, call => call.Method == "CompleteOrchestratorTask");
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task An_activity_is_answered_with_its_result_task_id_and_token()
    {
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(hub.Address, Shop);
        hub.State.HandOut(Call("PAY", "\"book\""), "token-2");

        var answer = await hub.State.Activities.NextAsync();

        Assert.Equal(("one", 3, "token-2", "\"paid book\""), (answer.InstanceId, answer.TaskId, answer.CompletionToken, answer.Result));
        Assert.Null(answer.FailureDetails);
    }

    [Fact]
    public async Task A_failed_activity_is_answered_with_its_exception_and_may_be_retried()
    {
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(hub.Address, Shop);
        hub.State.HandOut(Call("Break"));

        var failure = (await hub.State.Activities.NextAsync()).FailureDetails;

        Assert.Equal(("System.FormatException", "bad card", false), (failure.ErrorType, failure.ErrorMessage, failure.IsNonRetriable));
        Assert.Contains("WorkerTests", failure.StackTrace);
    }

    [Fact]
    public async Task Unknown_names_are_failures_that_name_them()
    {
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(hub.Address, Shop);
        hub.State.HandOut(Call("Nope"));
        hub.State.HandOut(FirstTurn("Nope"));

        var activity = (await hub.State.Activities.NextAsync()).FailureDetails;
        var workflow = (await hub.State.Turns.NextAsync()).Failure();

        Assert.Equal(
            ("ActivityNotFoundException", "Activity 'Nope' is not registered with this worker."),
            (activity.ErrorType, activity.ErrorMessage)
        );
        Assert.Equal(("WorkflowNotFound", true), (workflow.ErrorType, workflow.IsNonRetriable));
    }

    [Fact]
    public async Task Every_call_carries_the_api_token_and_the_user_agent()
    {
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(hub.Address, Shop, token: "secret");
        hub.State.HandOut(FirstTurn("Order"));
        hub.State.HandOut(Call("Pay"));
        await hub.State.Turns.NextAsync();
        await hub.State.Activities.NextAsync();
        var stream = await hub.State.Streams.NextAsync();

        Assert.All(
            [stream, .. hub.State.Calls.Select(call => call.Headers)],
            headers =>
            {
                Assert.Equal("secret", headers.GetValue("dapr-api-token"));
                Assert.Contains("dapr-workflow-sdk/", headers.GetValue("user-agent"));
            }
        );
        Assert.Equal("Hello", hub.State.Calls.First().Method);
    }

    [Fact]
    public async Task A_lost_stream_is_opened_again()
    {
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(hub.Address, Shop);
        await hub.State.Streams.NextAsync();
        hub.State.CloseStreams();
        await hub.State.Streams.NextAsync();
        hub.State.HandOut(Call("Pay", "\"book\""));

        Assert.Equal("\"paid book\"", (await hub.State.Activities.NextAsync()).Result);
    }

    [Fact]
    public async Task A_runtime_that_comes_up_later_or_restarts_gets_its_worker()
    {
        FakeTaskHubState state = new();
        var hub = await FakeTaskHub.StartAsync(state: state);
        var (address, port) = (hub.Address, hub.Port);
        await hub.DisposeAsync();

        using var host = await StartAsync(address, Shop);
        hub = await FakeTaskHub.StartAsync(port, state);
        await state.Streams.NextAsync();
        await hub.DisposeAsync();
        await using var again = await FakeTaskHub.StartAsync(port, state);
        await state.Streams.NextAsync();
        state.HandOut(Call("Pay", "\"book\""));

        Assert.Equal("\"paid book\"", (await state.Activities.NextAsync()).Result);
    }

    [Fact]
    public async Task An_activity_delivered_again_while_it_runs_runs_once_and_answers_the_latest_delivery()
    {
        var runs = 0;
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(
            hub.Address,
            options =>
            {
                options.RegisterActivity<string, int>(
                    "Slow",
                    async (_, _) =>
                    {
                        Interlocked.Increment(ref runs);
                        began.TrySetResult();
                        await release.Task;
                        return 7;
                    }
                );
                Shop(options);
            }
        );
        hub.State.HandOut(Call("Slow", taskId: 1), "old");
        await began.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        hub.State.CloseStreams();
        await hub.State.Streams.NextAsync();
        await hub.State.Streams.NextAsync();
        hub.State.HandOut(Call("Slow", taskId: 1), "new");
        hub.State.HandOut(Call("Pay", taskId: 2));
        await hub.State.Activities.NextAsync();
        release.SetResult();

        var answer = await hub.State.Activities.NextAsync();

        Assert.Equal(("new", "7", 1), (answer.CompletionToken, answer.Result, runs));
    }

    [Fact]
    public async Task An_activity_that_waits_for_its_turn_when_the_stream_is_lost_runs_for_the_delivery_of_the_next_stream()
    {
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var runs = 0;
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(
            hub.Address,
            options =>
            {
#pragma warning disable CS0618 // The only way to make an activity wait for others.
                options.MaxConcurrentActivities = 1;
#pragma warning restore CS0618
                options.RegisterActivity<string, int>(
                    "Slow",
                    async (_, _) =>
                    {
                        began.TrySetResult();
                        await release.Task;
                        return 7;
                    }
                );
                options.RegisterActivity<string, int>("Next", (_, _) => Task.FromResult(Interlocked.Increment(ref runs)));
            }
        );
        hub.State.HandOut(Call("Slow", taskId: 1), "old");
        await began.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        hub.State.HandOut(Call("Next", taskId: 2), "old");
        hub.State.HandOut(FirstTurn("Nope"));
        await hub.State.Turns.NextAsync();
        await hub.State.Streams.NextAsync();
        hub.State.CloseStreams();
        await hub.State.Streams.NextAsync();
        hub.State.HandOut(Call("Next", taskId: 2), "new");
        hub.State.HandOut(Call("Slow", taskId: 1), "new");
        release.SetResult();

        Dictionary<int, string> answered = [];
        while (!(answered.ContainsKey(1) && answered.ContainsKey(2)))
        {
            var answer = await hub.State.Activities.NextAsync();
            answered[answer.TaskId] = answer.CompletionToken;
        }

        Assert.Equal(("new", 1), (answered[2], runs));
    }

    [Fact]
    public async Task A_turn_whose_stream_was_lost_is_not_answered_but_its_second_delivery_is()
    {
        using ManualResetEventSlim release = new();
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(
            hub.Address,
            options =>
                options.RegisterWorkflow<string, int>(
                    "Slow",
                    (_, _) =>
                    {
                        began.TrySetResult();
                        release.Wait(Deadline);
                        return Task.FromResult(1);
                    }
                )
        );
        hub.State.HandOut(FirstTurn("Slow"), "old");
        await began.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        await hub.State.Streams.NextAsync();
        hub.State.CloseStreams();
        await hub.State.Streams.NextAsync();
        release.Set();
        hub.State.HandOut(FirstTurn("Slow"), "new");

        Assert.Equal("new", (await hub.State.Turns.NextAsync()).CompletionToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.False(hub.State.Turns.Reader.TryRead(out _));
    }

    [Fact]
    public async Task An_answer_that_cannot_be_delivered_is_sent_again_unchanged()
    {
        var refusals = 3;
        await using var hub = await FakeTaskHub.StartAsync();
        hub.State.Script["CompleteActivityTask"] = _ =>
            Interlocked.Decrement(ref refusals) >= 0
                ? throw new RpcException(new Status(StatusCode.Unavailable, "busy"))
                : new CompleteTaskResponse();
        using var host = await StartAsync(hub.Address, Shop);
        hub.State.HandOut(Call("Pay", "\"book\""), "t");

        var answer = await hub.State.Activities.NextAsync();

        Assert.Equal(("\"paid book\"", "t"), (answer.Result, answer.CompletionToken));
        Assert.Equal(4, hub.State.Calls.Count(call => call.Method == "CompleteActivityTask"));
    }

    [Fact]
    public async Task An_answer_over_the_runtimes_limit_becomes_a_failure_that_says_so()
    {
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(hub.Address, Shop);
        hub.State.HandOut(Call("Big", "5000000"), "t");

        var answer = await hub.State.Activities.NextAsync();

        Assert.Equal(("t", "PayloadTooLarge", true), (answer.CompletionToken, answer.FailureDetails.ErrorType, answer.FailureDetails.IsNonRetriable));
        Assert.Matches("^The answer has 50[0-9]{5} bytes, more than the runtime takes", answer.FailureDetails.ErrorMessage);
    }

    [Fact]
    public async Task A_turn_over_the_runtimes_limit_fails_the_workflow_instead_of_hanging_it()
    {
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(
            hub.Address,
            options => options.RegisterWorkflow<int, string>("Big", (_, count) => Task.FromResult(new string('x', count)))
        );
        hub.State.HandOut(FirstTurn("Big", input: "5000000"), "t");

        var answer = await hub.State.Turns.NextAsync();

        Assert.Equal(("t", "PayloadTooLarge"), (answer.CompletionToken, answer.Failure().ErrorType));
    }

    [Fact]
    public async Task A_work_item_over_4_MiB_is_taken()
    {
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(
            hub.Address,
            options => options.RegisterActivity<string, int>("Length", (_, text) => Task.FromResult(text.Length))
        );
        hub.State.HandOut(Call("Length", $"\"{new string('x', 5_000_000)}\""));

        Assert.Equal("5000000", (await hub.State.Activities.NextAsync()).Result);
    }

    [Fact]
    public async Task A_history_that_is_streamed_is_fetched()
    {
        await using var hub = await FakeTaskHub.StartAsync();
        hub.State.Script["GetInstanceHistory"] = _ => new GetInstanceHistoryResponse
        {
            Events = { FirstTurn("Order").NewEvents, Events.Scheduled(0, "Pay") },
        };
        using var host = await StartAsync(hub.Address, Shop);
        hub.State.HandOut(
            new WorkflowRequest
            {
                InstanceId = "one",
                RequiresHistoryStreaming = true,
                NewEvents = { Story.TurnBegan(1), Events.Completed(0, "\"done\"") },
            }
        );

        Assert.Equal("\"done\"", (await hub.State.Turns.NextAsync()).End().Result);
    }

    [Fact]
    public async Task A_stopping_host_lets_running_activities_answer()
    {
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(
            hub.Address,
            options =>
                options.RegisterActivity<string, int>(
                    "Slow",
                    async (_, _) =>
                    {
                        began.TrySetResult();
                        await release.Task;
                        return 7;
                    }
                )
        );
        hub.State.HandOut(Call("Slow"));
        await began.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken);

        var stopping = host.StopAsync(TestContext.Current.CancellationToken);
        release.SetResult();
        await stopping;

        Assert.True(hub.State.Activities.Reader.TryRead(out var answer));
        Assert.Equal("7", answer.Result);
    }

    [Fact]
    public async Task Waiting_activities_do_not_hold_up_turns()
    {
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(
            hub.Address,
            options =>
            {
                options.RegisterActivity<string, int>(
                    "Slow",
                    async (_, _) =>
                    {
                        await release.Task;
                        return 7;
                    }
                );
                Shop(options);
            }
        );
        foreach (var each in Enumerable.Range(0, 150))
            hub.State.HandOut(Call("Slow", taskId: each));
        hub.State.HandOut(FirstTurn("Order"));

        Assert.Equal(["0 activity Pay"], (await hub.State.Turns.NextAsync()).Actions());
        release.SetResult();
        HashSet<int> answered = [];
        while (answered.Count < 150)
            answered.Add((await hub.State.Activities.NextAsync()).TaskId);
    }

    [Fact]
    public async Task A_hello_goes_out_every_thirty_seconds_and_a_failed_one_opens_a_new_stream()
    {
        Microsoft.Extensions.Time.Testing.FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(hub.Address, Shop, services => services.AddSingleton<TimeProvider>(time));
        await hub.State.Streams.NextAsync();
        Assert.Equal(1, hub.State.Hellos);

        await EventuallyAsync(() => hub.State.Hellos >= 2, () => time.Advance(TimeSpan.FromSeconds(31)));
        hub.State.Script["Hello"] = _ => throw new RpcException(new Status(StatusCode.Internal, "lost"));
        var before = hub.State.Hellos;
        await EventuallyAsync(() => hub.State.Hellos > before, () => time.Advance(TimeSpan.FromSeconds(31)));
        hub.State.Script.Clear();
        await EventuallyAsync(() => hub.State.Streams.Reader.Count > 0, () => time.Advance(TimeSpan.FromSeconds(6)));
    }

    [Fact]
    public async Task An_app_that_registers_nothing_takes_no_work()
    {
        await using var hub = await FakeTaskHub.StartAsync();
        using var host = await StartAsync(hub.Address, _ => { });
        var client = host.Services.GetRequiredService<DaprWorkflowClient>();
        await client.RaiseEventAsync("one", "go", cancellation: TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.False(hub.State.Streams.Reader.TryRead(out _));
        Assert.Equal(0, hub.State.Hellos);
    }

    /// <summary>Advances a fake clock until something that other threads do has happened.</summary>
    private static async Task EventuallyAsync(Func<bool> isTrue, Action advance)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isTrue())
        {
            advance();
            for (var each = 0; each < 20 && !isTrue(); each++)
                await Task.Delay(10, TestContext.Current.CancellationToken);
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Deadline, "The condition did not become true in time.");
        }
    }
}
