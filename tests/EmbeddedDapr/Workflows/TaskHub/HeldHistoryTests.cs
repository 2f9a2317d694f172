using Dapr.DurableTask.Protobuf;
using Dapr.Embedded;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace EmbeddedDapr.Tests.Workflows.TaskHub;

/// <summary>What a worker that keeps histories is sent, and when it gets all of it again.</summary>
public sealed class HeldHistoryTests : IAsyncLifetime
{
    private Dapr.Embedded.EmbeddedDapr dapr = null!;

    public async ValueTask InitializeAsync() =>
        dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions { Sidecars = [new SidecarOptions { AppId = "a" }] },
            TestContext.Current.CancellationToken
        );

    public ValueTask DisposeAsync() => dapr.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Turns_bring_what_is_new_to_a_worker_that_keeps_the_rest_and_everything_to_one_that_does_not(bool keeps)
    {
        const int Activities = 40;
        await using var worker = await ConnectAsync(keeps);
        var sent = 0;
        var seen = new List<HistoryEvent>();
        _ = worker.StartAsync("w");
        for (var step = 0; step <= Activities; step++)
        {
            var turn = await worker.NextAsync();
            var request = turn.WorkflowRequest;
            sent += request.PastEvents.Count + request.NewEvents.Count;
            var held = request.CachedHistory?.EventCount ?? 0;
            seen = [.. seen.Take(held), .. request.PastEvents];
            await worker.AnswerAsync(turn, step < Activities ? HandWorker.Activity(step, "A") : HandWorker.Complete(step));
            if (step < Activities)
                await worker.FinishAsync(await worker.NextAsync(), "1");
        }
        await worker.EndAsync("w");
        var history = await worker.HistoryAsync("w");
        Assert.Equal(history.Take(seen.Count), seen);
        Assert.Equal(keeps, sent < 6 * Activities);
        Assert.Equal(keeps, sent < Activities * Activities);
    }

    [Fact]
    public async Task A_new_stream_another_worker_and_a_new_generation_get_everything()
    {
        await using var worker = await ConnectAsync(keeps: true);
        _ = worker.StartAsync("w");
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Activity(0, "A"));
        await worker.FinishAsync(await worker.NextAsync(), "1");
        var second = await worker.NextAsync();
        Assert.Null(second.WorkflowRequest.CachedHistory);
        await worker.AnswerAsync(second);
        await worker.RaiseAsync("w", "go");
        var third = await worker.NextAsync();
        Assert.Equal(3, third.WorkflowRequest.CachedHistory.EventCount);
        Assert.Equal([Kind.WorkflowStarted, Kind.TaskCompleted], third.WorkflowRequest.PastEvents.Select(one => one.EventTypeCase));

        await worker.DisconnectAsync();
        await using var plain = await ConnectAsync(keeps: false);
        var all = await plain.NextAsync();
        Assert.Null(all.WorkflowRequest.CachedHistory);
        Assert.Equal(5, all.WorkflowRequest.PastEvents.Count);
        await plain.DisconnectAsync();

        await worker.ConnectAsync(keepsHistory: true);
        var again = await worker.NextAsync();
        Assert.Null(again.WorkflowRequest.CachedHistory);
        Assert.Equal(all.WorkflowRequest.PastEvents, again.WorkflowRequest.PastEvents);
        await worker.AnswerAsync(again, HandWorker.Complete(1, "2", OrchestrationStatus.ContinuedAsNew));
        var generation = await worker.NextAsync();
        Assert.Null(generation.WorkflowRequest.CachedHistory);
        Assert.Empty(generation.WorkflowRequest.PastEvents);
        await worker.AnswerAsync(generation, HandWorker.Complete(0));
        await worker.EndAsync("w");
    }

    [Fact]
    public async Task A_turn_goes_to_the_worker_that_keeps_its_history()
    {
        await using var first = await ConnectAsync(keeps: true);
        _ = first.StartAsync("w");
        await first.AnswerAsync(await first.NextAsync(), HandWorker.Activity(0, "A"));
        await first.FinishAsync(await first.NextAsync(), "1");
        await first.AnswerAsync(await first.NextAsync());
        await first.StateAsync("w");
        await using var idle = await ConnectAsync(keeps: true);
        for (var round = 0; round < 5; round++)
        {
            await idle.RaiseAsync("w", "go");
            var turn = await first.NextAsync();
            Assert.NotNull(turn.WorkflowRequest.CachedHistory);
            await first.AnswerAsync(turn);
            await idle.StateAsync("w");
        }
        Assert.False(idle.HasItem);
    }

    [Fact]
    public async Task The_history_that_is_read_is_the_one_that_a_turn_follows_upon()
    {
        await using var worker = await ConnectAsync(keeps: true);
        _ = worker.StartAsync("w");
        await worker.AnswerAsync(await worker.NextAsync());
        for (var round = 0; round < 30; round++)
        {
            await worker.RaiseAsync("w", "go");
            var turn = await worker.NextAsync();
            var request = turn.WorkflowRequest;
            var history = await worker.HistoryAsync("w");
            Assert.Equal((request.CachedHistory?.EventCount ?? 0) + request.PastEvents.Count, history.Count);
            await worker.AnswerAsync(turn);
        }
    }

    private async Task<HandWorker> ConnectAsync(bool keeps) =>
        await new HandWorker(dapr.Sidecars["a"].GrpcEndpoint).ConnectAsync(keepsHistory: keeps);
}
