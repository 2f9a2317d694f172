using System.Collections.Concurrent;
using Dapr.Anomaly.Cli.Processes;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Cli.Tests.Processes;

public sealed class SupervisedPartTests : IAsyncLifetime
{
    private readonly FakeTimeProvider time = new();
    private readonly ConcurrentQueue<PartChange> told = new();
    private readonly ConcurrentQueue<FakePart> started = new();
    private Exception? refusal;
    private SupervisedPart? part;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (part is not null)
            await part.DisposeAsync();
    }

    [Fact]
    public async Task Start_FirstOneFails_ThrowsItsReason()
    {
        refusal = new UserException("port 8080 is taken", ExitCodes.Failure);
        Assert.Equal("port 8080 is taken", (await Assert.ThrowsAsync<UserException>(StartAsync)).Message);
        Assert.Empty(told);
    }

    [Fact]
    public async Task End_OfAPart_IsToldAndItIsStartedAgainAfterThePause()
    {
        await StartAsync();
        Assert.True(started.TryPeek(out var first));
        first.End("was killed by signal 9");
        await Until.TrueAsync(() => told.Count == 1, "the end is told");
        Assert.Equal(new PartChange("trainer", false, "was killed by signal 9; it is started again in 1 s"), told.First());
        Assert.Single(started);

        await AdvanceUntilAsync(() => started.Count == 2, SupervisedPart.FirstPause);
        Assert.True(first.IsDisposed);
        await AdvanceUntilAsync(() => told.Count == 2, SupervisedPart.Steady);
        Assert.Equal(new PartChange("trainer", true, "runs again"), told.Last());
    }

    [Fact]
    public async Task End_AgainAndAgainForOneReason_IsToldOnceAndThePauseDoublesToItsLimit()
    {
        await StartAsync();
        List<double> pauses = [];
        for (var end = 1; end <= 7; end++)
        {
            var ended = time.GetUtcNow();
            started.Last().End("ended with exit code 1");
            var expected = end + 1;
            await AdvanceUntilAsync(() => started.Count == expected, TimeSpan.FromSeconds(1));
            pauses.Add((time.GetUtcNow() - ended).TotalSeconds);
        }
        Assert.Single(told);
        // The clock is moved a second at a time, and may be a second ahead of the part.
        foreach (var (expected, seen) in new double[] { 1, 2, 4, 8, 16, 30, 30 }.Zip(pauses))
            Assert.InRange(seen, expected, expected + 2);
    }

    [Fact]
    public async Task StartAgain_Fails_IsToldAndTriedUntilItWorks()
    {
        await StartAsync();
        refusal = new IOException("no space left");
        started.Last().End("ended with exit code 1");
        await AdvanceUntilAsync(() => told.Count == 2, TimeSpan.FromSeconds(1));
        Assert.StartsWith("does not start: no space left; it is started again in", told.Last().Text, StringComparison.Ordinal);
        refusal = null;
        await AdvanceUntilAsync(() => started.Count == 2, TimeSpan.FromSeconds(1));
        await AdvanceUntilAsync(() => told.Last().IsUp, SupervisedPart.Steady);
    }

    [Fact]
    public async Task End_WithoutAReason_IsFinal()
    {
        await StartAsync();
        started.Last().End(null);
        await part!.Finished.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Single(started);
        Assert.Empty(told);
    }

    [Fact]
    public async Task Dispose_DisposesThePartAndStartsNoOther()
    {
        await StartAsync();
        var first = started.Single();
        await part!.DisposeAsync();
        part = null;
        first.End("was killed by signal 15");
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(first.IsDisposed);
        Assert.Single(started);
        Assert.Empty(told);
    }

    [Fact]
    public async Task Dispose_WhileItIsDown_DisposesThePartOnce()
    {
        await StartAsync();
        var first = started.Single();
        refusal = new IOException("no space left");
        first.End("ended with exit code 1");
        await AdvanceUntilAsync(() => told.Count == 2, TimeSpan.FromSeconds(1));
        await part!.DisposeAsync();
        part = null;
        Assert.Equal(1, first.Disposals);
    }

    private async Task StartAsync() => part = await SupervisedPart.StartAsync("trainer", Create, told.Enqueue, time, Token);

    private Task<IRunningPart> Create(CancellationToken cancellationToken)
    {
        if (refusal is { } error)
            return Task.FromException<IRunningPart>(error);
        var one = new FakePart();
        started.Enqueue(one);
        return Task.FromResult<IRunningPart>(one);
    }

    /// <summary>Timers are set by another thread, so the clock moves in steps until they have fired.</summary>
    private Task AdvanceUntilAsync(Func<bool> isSo, TimeSpan step) =>
        Until.TrueAsync(
            () =>
            {
                if (!isSo())
                    time.Advance(step);
                return isSo();
            },
            "what the clock brings"
        );

    private sealed class FakePart : IRunningPart
    {
        private readonly TaskCompletionSource<string?> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string?> Ended => ended.Task;

        public int Disposals { get; private set; }

        public bool IsDisposed => Disposals > 0;

        public void End(string? reason) => ended.TrySetResult(reason);

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return ValueTask.CompletedTask;
        }
    }
}
