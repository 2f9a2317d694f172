using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using WorkflowSdk.Tests.Replay;
using static WorkflowSdk.Tests.Worker.WorkerHost;

namespace WorkflowSdk.Tests.Worker;

/// <summary>A worker on a runtime that brings only what is new, and on one that does not know of that.</summary>
public sealed class KeptTurnTests : IAsyncLifetime
{
    private FakeTaskHub _hub = null!;
    private int _started;

    private Action<WorkflowRuntimeOptions> TwoSteps =>
        options =>
            options.RegisterWorkflow<string, string>(
                "Order",
                async (context, _) =>
                {
                    Interlocked.Increment(ref _started);
                    await context.CallActivityAsync<string>("A");
                    await context.CallActivityAsync<string>("B");
                    return await context.CallActivityAsync<string>("C");
                }
            );

    public async ValueTask InitializeAsync() => _hub = await FakeTaskHub.StartAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task The_stream_is_asked_for_with_the_capability()
    {
        using var host = await StartAsync(_hub.Address, TwoSteps);
        await _hub.State.Streams.NextAsync();

        var asked = (GetWorkItemsRequest)_hub.State.Calls.Single(call => call.Method == "GetWorkItems").Request;
        Assert.Equal([WorkerCapability.StatefulHistory], asked.Capabilities);
    }

    [Fact]
    public async Task What_is_new_continues_the_run_of_the_turn_before()
    {
        using var host = await StartAsync(_hub.Address, TwoSteps);
        var second = await PlayFirstAsync();

        _hub.State.HandOut(Third(held: 3, second));

        Assert.Equal(["2 activity C"], (await _hub.State.Turns.NextAsync()).Actions());
        Assert.Equal(1, _started);
        Assert.DoesNotContain(_hub.State.Calls, call => call.Method == "GetInstanceHistory");
    }

    [Fact]
    public async Task Without_the_run_of_the_turn_before_all_of_history_is_asked_for()
    {
        using var host = await StartAsync(_hub.Address, TwoSteps);
        var second = await PlayFirstAsync();
        _hub.State.CloseStreams();
        await _hub.State.Streams.NextAsync();
        await _hub.State.Streams.NextAsync();
        var past = 0;
        _hub.State.Script["GetInstanceHistory"] = _ => History(second, ++past > 1);

        _hub.State.HandOut(Third(held: 3, second));

        Assert.Equal(["2 activity C"], (await _hub.State.Turns.NextAsync()).Actions());
        Assert.Equal((2, 2), (_started, past));
    }

    [Fact]
    public async Task Events_that_were_not_confirmed_are_played_anew_from_the_whole_history()
    {
        using var host = await StartAsync(_hub.Address, TwoSteps);
        var second = await PlayFirstAsync();
        var other = second.Clone();
        other.NewEvents[0].Timestamp.Seconds++;
        _hub.State.Script["GetInstanceHistory"] = _ => History(other, isWritten: true);

        _hub.State.HandOut(Third(held: 3, other));

        Assert.Equal(["2 activity C"], (await _hub.State.Turns.NextAsync()).Actions());
        Assert.Equal(2, _started);
    }

    [Fact]
    public async Task A_runtime_that_brings_everything_is_answered_the_same()
    {
        using var host = await StartAsync(_hub.Address, TwoSteps);
        var second = await PlayFirstAsync();
        var third = Third(held: 3, second);
        third.CachedHistory = null;
        third.PastEvents.Insert(0, second.PastEvents[0]);
        third.PastEvents.Insert(1, second.PastEvents[1]);
        third.PastEvents.Insert(2, second.PastEvents[2]);

        _hub.State.HandOut(third);

        Assert.Equal(["2 activity C"], (await _hub.State.Turns.NextAsync()).Actions());
        Assert.DoesNotContain(_hub.State.Calls, call => call.Method == "GetInstanceHistory");
    }

    /// <summary>Plays the first two turns; gives the second, which brought three events.</summary>
    private async Task<WorkflowRequest> PlayFirstAsync()
    {
        var first = FirstTurn("Order");
        _hub.State.HandOut(first);
        var answer = await _hub.State.Turns.NextAsync();
        WorkflowRequest second = new()
        {
            InstanceId = "one",
            PastEvents = { first.NewEvents, answer.Actions.Select(Events.FromAction) },
            NewEvents = { Story.TurnBegan(1), Events.Completed(0, "\"a\"") },
        };
        _hub.State.HandOut(second);
        Assert.Equal(["1 activity B"], (await _hub.State.Turns.NextAsync()).Actions());
        return second;
    }

    private static WorkflowRequest Third(int held, WorkflowRequest second) =>
        new()
        {
            InstanceId = "one",
            CachedHistory = new CachedHistory { EventCount = held },
            PastEvents = { second.NewEvents, Events.Scheduled(1, "B") },
            NewEvents = { Story.TurnBegan(2), Events.Completed(1, "\"b\"") },
        };

    private static GetInstanceHistoryResponse History(WorkflowRequest second, bool isWritten) =>
        new() { Events = { isWritten ? [.. second.PastEvents, .. second.NewEvents, Events.Scheduled(1, "B")] : second.PastEvents } };
}
