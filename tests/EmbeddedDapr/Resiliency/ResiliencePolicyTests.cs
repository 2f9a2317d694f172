using Dapr.Embedded.Resiliency;
using Microsoft.Extensions.Time.Testing;

namespace EmbeddedDapr.Tests.Resiliency;

public sealed class ResiliencePolicyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_FailingForEver_TriesOnceAndRepeatsMaxRetriesTimes()
    {
        var tries = 0;
        var policy = new ResiliencePolicy(null, new RetryPolicy { Duration = TimeSpan.Zero, MaxRetries = 3 }, null);
        var outcome = await policy.RunAsync<int>(
            _ => Task.FromResult(new Attempt<int>(++tries, new Failure("no", HttpStatus: 500))),
            TimeProvider.System,
            Token
        );
        Assert.Equal((4, 4), (tries, outcome.Value));
        Assert.Equal(500, outcome.Failure!.HttpStatus);
    }

    [Theory]
    [InlineData(504, 3)]
    [InlineData(500, 1)]
    public async Task Run_StatusesNamed_RepeatsOnlyThose(int status, int expectedTries)
    {
        var tries = 0;
        var policy = new ResiliencePolicy(
            null,
            new RetryPolicy
            {
                Duration = TimeSpan.Zero,
                MaxRetries = 2,
                HttpStatusCodes = StatusMatch.Parse("x", "502-504"),
            },
            null
        );
        await policy.RunAsync<int>(
            _ => Task.FromResult(new Attempt<int>(++tries, new Failure("no", HttpStatus: status))),
            TimeProvider.System,
            Token
        );
        Assert.Equal(expectedTries, tries);
    }

    [Fact]
    public async Task Run_Timeout_HoldsForEachTryAndIsRepeated()
    {
        var time = new FakeTimeProvider();
        var tries = 0;
        var policy = new ResiliencePolicy(TimeSpan.FromSeconds(2), new RetryPolicy { Duration = TimeSpan.Zero, MaxRetries = 2 }, null);
        var running = policy.RunAsync<int>(
            async token =>
            {
                tries++;
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
                return 1;
            },
            time,
            Token
        );
        while (!running.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        Assert.Equal(Failure.DeadlineExceeded, (await running).Failure);
        Assert.Equal(3, tries);
    }

    [Fact]
    public async Task Run_CallerCancels_ThrowsInsteadOfRepeating()
    {
        using var cancel = new CancellationTokenSource();
        var policy = new ResiliencePolicy(TimeSpan.FromMinutes(1), new RetryPolicy { Duration = TimeSpan.Zero }, null);
        var running = policy.RunAsync<int>(
            async token =>
            {
                await cancel.CancelAsync();
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
                return 1;
            },
            TimeProvider.System,
            cancel.Token
        );
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Run_OpenBreaker_EndsTheRetriesAtOnce()
    {
        var tries = 0;
        var breaker = new CircuitBreaker(new BreakerPolicy { Trip = TripRule.Parse("consecutiveFailures >= 3") }, TimeProvider.System);
        var policy = new ResiliencePolicy(null, new RetryPolicy { Duration = TimeSpan.Zero, MaxRetries = 10 }, breaker);
        var outcome = await policy.RunAsync<int>(_ => Task.FromResult(new Attempt<int>(++tries, new Failure("no"))), TimeProvider.System, Token);
        Assert.Equal(3, tries);
        Assert.Equal(Failure.BreakerOpen, outcome.Failure);
    }

    [Fact]
    public void PauseBefore_Exponential_GrowsToTheCapAndEndsWithTheElapsedTime()
    {
        var policy = new RetryPolicy { Exponential = true, MaxElapsedTime = TimeSpan.FromMinutes(15) };
        Assert.Equal(500, policy.PauseBefore(1, TimeSpan.Zero, 0.5)!.Value.TotalMilliseconds, 3);
        Assert.Equal(750, policy.PauseBefore(2, TimeSpan.Zero, 0.5)!.Value.TotalMilliseconds, 3);
        Assert.Equal(60_000, policy.PauseBefore(40, TimeSpan.Zero, 0.5)!.Value.TotalMilliseconds, 3);
        Assert.Equal(250, policy.PauseBefore(1, TimeSpan.Zero, 0)!.Value.TotalMilliseconds, 3);
        Assert.Null(policy.PauseBefore(2, TimeSpan.FromMinutes(15), 0.5));
    }
}
