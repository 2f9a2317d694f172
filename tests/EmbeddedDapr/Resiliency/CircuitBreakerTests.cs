using CsCheck;
using Dapr.Embedded.Resiliency;
using Microsoft.Extensions.Time.Testing;

namespace EmbeddedDapr.Tests.Resiliency;

public sealed class CircuitBreakerTests
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public void Default_MoreThanFiveFailuresInARow_Opens()
    {
        var breaker = new CircuitBreaker(new BreakerPolicy(), time);
        for (var i = 0; i < 5; i++)
            Call(breaker, success: false);
        Assert.Equal(BreakerState.Closed, breaker.State);
        Call(breaker, success: false);
        Assert.Equal(BreakerState.Open, breaker.State);
        Assert.Null(breaker.Enter());
    }

    [Fact]
    public void Open_AfterItsTimeout_LetsOneThroughWhichDecides()
    {
        var breaker = Opened();
        time.Advance(TimeSpan.FromSeconds(2));
        var probe = breaker.Enter();
        Assert.NotNull(probe);
        Assert.Null(breaker.Enter());
        breaker.Leave(probe.Value, success: false);
        Assert.Equal(BreakerState.Open, breaker.State);
        time.Advance(TimeSpan.FromSeconds(2));
        Call(breaker, success: true);
        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void Leave_OfACallFromBeforeTheBreakerOpened_ChangesNothing()
    {
        var breaker = new CircuitBreaker(
            new BreakerPolicy { Trip = TripRule.Parse("consecutiveFailures >= 1"), Timeout = TimeSpan.FromSeconds(2) },
            time
        );
        var slow = breaker.Enter()!.Value;
        Call(breaker, success: false);
        time.Advance(TimeSpan.FromSeconds(2));
        breaker.Leave(slow, success: true);
        Assert.Equal(BreakerState.HalfOpen, breaker.State);
    }

    [Fact]
    public void Interval_OfAClosedBreaker_ClearsTheCounts()
    {
        var breaker = new CircuitBreaker(
            new BreakerPolicy { Interval = TimeSpan.FromSeconds(10), Trip = TripRule.Parse("totalFailures >= 2") },
            time
        );
        Call(breaker, success: false);
        time.Advance(TimeSpan.FromSeconds(10));
        Call(breaker, success: false);
        Assert.Equal(BreakerState.Closed, breaker.State);
        Call(breaker, success: false);
        Assert.Equal(BreakerState.Open, breaker.State);
    }

    [Fact]
    public void AnySequence_OpenNeverLetsACallThroughBeforeItsTimeout() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 3])
            .Array[1, 60]
            .Sample(
                steps =>
                {
                    var clock = new FakeTimeProvider();
                    var breaker = new CircuitBreaker(
                        new BreakerPolicy { Trip = TripRule.Parse("consecutiveFailures >= 2"), Timeout = TimeSpan.FromSeconds(2) },
                        clock
                    );
                    DateTimeOffset? openedAt = null;
                    foreach (var (success, seconds) in steps)
                    {
                        clock.Advance(TimeSpan.FromSeconds(seconds));
                        if (breaker.Enter() is { } ticket)
                        {
                            Assert.True(openedAt is null || clock.GetUtcNow() - openedAt >= TimeSpan.FromSeconds(2));
                            breaker.Leave(ticket, success);
                            openedAt = breaker.State == BreakerState.Open ? clock.GetUtcNow() : null;
                        }
                    }
                },
                iter: 2000,
                seed: "0N0XIzNsQ0O2"
            );

    private CircuitBreaker Opened()
    {
        var breaker = new CircuitBreaker(
            new BreakerPolicy { Trip = TripRule.Parse("consecutiveFailures >= 3"), Timeout = TimeSpan.FromSeconds(2) },
            time
        );
        for (var i = 0; i < 3; i++)
            Call(breaker, success: false);
        Assert.Equal(BreakerState.Open, breaker.State);
        return breaker;
    }

    private static void Call(CircuitBreaker breaker, bool success) => breaker.Leave(breaker.Enter()!.Value, success);
}
