namespace Dapr.Embedded.Resiliency;

/// <summary>Settings of a breaker, as in the Resiliency resource.</summary>
internal sealed record BreakerPolicy
{
    /// <summary>Calls let through at once while half open.</summary>
    public long MaxRequests { get; init; } = 1;

    /// <summary>How often the counters of a closed breaker are cleared; zero is never.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.Zero;

    /// <summary>Time from opening to half open.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    public TripRule Trip { get; init; } = TripRule.Default;
}

internal enum BreakerState
{
    Closed,
    Open,
    HalfOpen,
}

/// <summary>Closed lets all pass, open none, half open a few that decide. A state machine of three states; safe for many callers.</summary>
internal sealed class CircuitBreaker(BreakerPolicy policy, TimeProvider time)
{
    private readonly Lock gate = new();
    private BreakerState state = BreakerState.Closed;
    private BreakerCounts counts;
    private DateTimeOffset? expiry = policy.Interval > TimeSpan.Zero ? time.GetUtcNow() + policy.Interval : null;
    private long generation;

    public BreakerState State
    {
        get
        {
            lock (gate)
                return Current();
        }
    }

    /// <summary>A ticket to be handed back with the outcome; null when the call must not be made.</summary>
    public long? Enter()
    {
        lock (gate)
        {
            var now = Current();
            if (now == BreakerState.Open || (now == BreakerState.HalfOpen && counts.Requests >= policy.MaxRequests))
                return null;
            counts = counts with { Requests = counts.Requests + 1 };
            return generation;
        }
    }

    public void Leave(long ticket, bool success)
    {
        lock (gate)
        {
            var now = Current();
            if (ticket != generation)
                return;
            counts = success ? counts.AfterSuccess() : counts.AfterFailure();
            if (!success && (now == BreakerState.HalfOpen || policy.Trip.Trips(counts)))
                Become(BreakerState.Open);
            else if (success && now == BreakerState.HalfOpen && counts.ConsecutiveSuccesses >= policy.MaxRequests)
                Become(BreakerState.Closed);
        }
    }

    private BreakerState Current()
    {
        if (expiry is { } end && time.GetUtcNow() >= end)
            Become(state == BreakerState.Open ? BreakerState.HalfOpen : state);
        return state;
    }

    private void Become(BreakerState next)
    {
        state = next;
        generation++;
        counts = default;
        expiry = next switch
        {
            BreakerState.Open => time.GetUtcNow() + policy.Timeout,
            BreakerState.Closed when policy.Interval > TimeSpan.Zero => time.GetUtcNow() + policy.Interval,
            _ => null,
        };
    }
}
