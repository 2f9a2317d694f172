using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows;
using Dapr.Embedded.Workflows.Shell;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EmbeddedDapr.Tests.Workflows.Shell;

/// <summary>
/// A worker that is away: clients' calls wait for it, are delivered when it comes back in time, and leave nothing behind when they were given up.
/// </summary>
public sealed class AwayWorkerTests : IAsyncLifetime
{
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly WorkflowEngine engine;

    public AwayWorkerTests()
    {
        var settings = WorkflowSettings.Read(null);
        var facts = new EngineFacts("a", 4_000_000, 4_194_304, settings.Limits, settings.Retention, clock, NullLogger.Instance);
        engine = new WorkflowEngine(null, facts, _ => { });
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    [Fact]
    public async Task Calls_made_while_a_worker_is_away_for_five_seconds_are_delivered_when_it_is_back()
    {
        await OneTurnAsync("v");
        await OneTurnAsync("w");
        var raised = engine.Clients.RaiseAsync("v", "go", "1", Token);
        var suspended = engine.Clients.SuspendAsync("w", null, wait: false, Token);
        // The worker of Dapr.Workflow opens its next stream five seconds after it lost one.
        clock.Advance(TimeSpan.FromSeconds(5.5));
        Assert.False(raised.IsCompleted);
        var stream = engine.Workers.Open("", keepsHistory: false);
        await Task.WhenAll(raised, suspended);
        Assert.True(await stream.Outgoing.WaitToReadAsync(Token));
    }

    [Fact]
    public async Task Calls_about_an_instance_are_refused_when_no_worker_comes_in_time()
    {
        await OneTurnAsync("w");
        Task[] calls =
        [
            engine.Clients.RaiseAsync("w", "go", null, Token),
            engine.Clients.TerminateAsync("w", null, true, wait: true, Token),
            engine.Clients.ResumeAsync("w", null, wait: true, Token),
            engine.Clients.PurgeAsync("w", false, false, Token),
        ];
        clock.Advance(WorkerPresence.Wait);
        foreach (var call in calls)
            Assert.Equal(RefusalReason.NoWorker, (await Assert.ThrowsAsync<WorkflowRefusal>(() => call)).Reason);
    }

    [Fact]
    public async Task A_start_waits_for_a_worker_for_as_long_as_its_client_does()
    {
        var started = engine.Clients.StartAsync(Request("w"), waitForTurn: false, Token);
        clock.Advance(TimeSpan.FromHours(1));
        Assert.False(started.IsCompleted);
        engine.Workers.Open("", keepsHistory: false);
        await Eventually.TrueAsync(
            () =>
            {
                clock.Advance(WorkerPresence.Settling);
                return Task.FromResult(started.IsCompleted);
            },
            "the start is answered",
            Token
        );
        Assert.Equal("w", await started);
        Assert.NotNull(engine.Clients.Get("w"));
    }

    [Fact]
    public async Task A_start_that_was_given_up_when_the_worker_came_is_not_stored()
    {
        for (var round = 0; round < 50; round++)
        {
            using var client = new CancellationTokenSource();
            var started = engine.Clients.StartAsync(Request($"w{round}"), waitForTurn: false, client.Token);
            var stream = engine.Workers.Open("", keepsHistory: false);
            // Seen by the runtime only after the worker, which it had been before.
            await client.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => started);
            clock.Advance(WorkerPresence.Settling);
            Assert.Null(engine.Clients.Get($"w{round}"));
            engine.Workers.Close(stream);
        }
    }

    /// <summary>An instance that had its first turn; then its worker leaves.</summary>
    private async Task OneTurnAsync(string id)
    {
        var stream = engine.Workers.Open("", keepsHistory: false);
        await engine.Clients.StartAsync(Request(id), waitForTurn: false, Token);
        await engine.Workers.CompleteTurnAsync(new WorkflowResponse { InstanceId = id });
        engine.Workers.Close(stream);
    }

    private static CreateInstanceRequest Request(string id) => new() { InstanceId = id, Name = "W" };
}
