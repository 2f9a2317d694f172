using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using Dapr.Workflow.Worker.Replay;
using Microsoft.Extensions.Logging.Abstractions;

namespace WorkflowSdk.Tests.Replay;

/// <summary>Executions that are kept between turns answer what a replay of the whole history answers, or say that they cannot.</summary>
public class KeptExecutionTests
{
    [Fact]
    public void Any_interleaving_of_hits_evictions_lost_streams_and_redeliveries_answers_as_a_full_replay()
    {
        var (hits, misses, turns) = (0, 0, 0);
        for (var seed = 0; seed < 400; seed++)
        {
            KeptExecutionSimulation simulation = new(seed);
            simulation.Run();
            (hits, misses, turns) = (hits + simulation.Hits, misses + simulation.Misses, turns + simulation.Turns);
        }

        Assert.True(
            hits > turns / 3 && misses > turns / 20,
            $"of {turns} turns {hits} were continued and {misses} played anew: too few of one kind to prove anything"
        );
    }

    [Fact]
    public void Events_played_grow_with_the_history_and_not_with_its_square()
    {
        const int Activities = 2000;
        var (kept, answer) = Begin(
            async (context, _) =>
            {
                for (var each = 0; each < Activities; each++)
                    await context.CallActivityAsync("A");
                return null;
            }
        );
        List<HistoryEvent> delta = [Story.TurnBegan(0), Started(), .. answer.Actions.Select(Events.FromAction)];
        var brought = 0;
        for (var each = 0; each < Activities; each++)
        {
            HistoryEvent[] fresh = [Story.TurnBegan(each + 1), Events.Completed(each, "1")];
            Assert.True(kept.TryContinue(kept.ConfirmedEvents, delta, fresh, out var next));
            brought += delta.Count + fresh.Length;
            delta = [.. fresh, .. next.Actions.Select(Events.FromAction)];
        }

        Assert.Equal(OrchestrationStatus.Completed, delta[^1].ExecutionCompleted?.WorkflowStatus);
        Assert.InRange(brought, 3 * Activities, 6 * Activities);
    }

    [Fact]
    public void A_turn_that_follows_upon_other_events_is_not_continued()
    {
        var (kept, answer) = Begin(async (context, _) => await context.CallActivityAsync<int>("A"));
        HistoryEvent[] confirmed = [Story.TurnBegan(0), Started(), .. answer.Actions.Select(Events.FromAction)];
        HistoryEvent[] fresh = [Story.TurnBegan(1), Events.Completed(0, "1")];

        Assert.False(kept.TryContinue(1, confirmed, fresh, out _));
        Assert.False(kept.TryContinue(0, [], fresh, out _));
        Assert.False(kept.TryContinue(0, [Story.TurnBegan(5), .. confirmed.Skip(1)], fresh, out _));
        Assert.False(kept.TryContinue(0, [confirmed[0], Started("other"), confirmed[2]], fresh, out _));
        Assert.True(kept.TryContinue(0, confirmed, fresh, out var next));
        Assert.Equal("1", next.End().Result);
    }

    [Fact]
    public async Task Code_that_went_on_between_turns_is_not_continued()
    {
        TaskCompletionSource outside = new();
        var (kept, answer) = Begin(
            async (context, _) =>
            {
                await Task.WhenAny(context.CallActivityAsync("A"), outside.Task);
                return null;
            }
        );
        HistoryEvent[] confirmed = [Story.TurnBegan(0), Started(), .. answer.Actions.Select(Events.FromAction)];
        await Task.Run(outside.SetResult, TestContext.Current.CancellationToken);

        Assert.False(kept.TryContinue(0, confirmed, [Story.TurnBegan(1), Events.Completed(0)], out _));
    }

    [Fact]
    public void A_context_that_is_used_between_turns_spoils_the_execution()
    {
        WorkflowContext? used = null;
        var (kept, answer) = Begin(
            async (context, _) =>
            {
                used = context;
                return await context.CallActivityAsync<int>("A");
            }
        );
        Assert.ThrowsAny<Exception>(() => used!.NewGuid());

        HistoryEvent[] confirmed = [Story.TurnBegan(0), Started(), .. answer.Actions.Select(Events.FromAction)];
        Assert.False(kept.TryContinue(0, confirmed, [Story.TurnBegan(1), Events.Completed(0)], out _));
    }

    private static HistoryEvent Started(string? input = null) => new Story((_, _) => Task.FromResult<object?>(null)).Started(input);

    private static (WorkflowExecution Execution, WorkflowResponse Answer) Begin(Func<WorkflowContext, string?, Task<object?>> body) =>
        WorkflowExecution.Begin(
            new WorkflowRequest { InstanceId = Story.InstanceId, NewEvents = { Story.TurnBegan(0), Started() } },
            _ => new Story.Body(body),
            new JsonDaprSerializer(),
            NullLoggerFactory.Instance
        );
}
