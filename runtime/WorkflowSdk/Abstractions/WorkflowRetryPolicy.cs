namespace Dapr.Workflow;

/// <summary>When and how often a failed activity or child workflow is tried again. Delay n is first × coefficientⁿ, capped.</summary>
public class WorkflowRetryPolicy
{
    /// <summary>The cap of the delay where none is given.</summary>
    private static readonly TimeSpan DefaultMaxRetryInterval = TimeSpan.FromHours(1);

    /// <summary>A policy.</summary>
    /// <param name="maxNumberOfAttempts">All attempts, the first included; at least 1.</param>
    /// <param name="firstRetryInterval">The delay before the second attempt; above zero.</param>
    /// <param name="backoffCoefficient">The growth of the delay; at least 1.</param>
    /// <param name="maxRetryInterval">The cap of the delay; one hour where null.</param>
    /// <param name="retryTimeout">No attempt begins later than this after the first, in workflow time; null means no limit.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public WorkflowRetryPolicy(
        int maxNumberOfAttempts,
        TimeSpan firstRetryInterval,
        double backoffCoefficient = 1.0,
        TimeSpan? maxRetryInterval = null,
        TimeSpan? retryTimeout = null
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxNumberOfAttempts);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstRetryInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(backoffCoefficient, 1.0);
        var cap = maxRetryInterval ?? DefaultMaxRetryInterval;
        ArgumentOutOfRangeException.ThrowIfLessThan(cap, firstRetryInterval, nameof(maxRetryInterval));
        if (retryTimeout is { } limit && limit != Timeout.InfiniteTimeSpan)
            ArgumentOutOfRangeException.ThrowIfLessThan(limit, firstRetryInterval, nameof(retryTimeout));

        MaxNumberOfAttempts = maxNumberOfAttempts;
        FirstRetryInterval = firstRetryInterval;
        BackoffCoefficient = backoffCoefficient;
        MaxRetryInterval = cap;
        RetryTimeout = retryTimeout ?? Timeout.InfiniteTimeSpan;
    }

    /// <summary>All attempts, the first included.</summary>
    public int MaxNumberOfAttempts { get; }

    /// <summary>The delay before the second attempt.</summary>
    public TimeSpan FirstRetryInterval { get; }

    /// <summary>The growth of the delay.</summary>
    public double BackoffCoefficient { get; }

    /// <summary>The cap of the delay.</summary>
    public TimeSpan? MaxRetryInterval { get; }

    /// <summary>The limit of the whole, infinite where none was given.</summary>
    public TimeSpan RetryTimeout { get; }

    /// <summary>The delay after the failed attempt number <paramref name="attempt"/>, counted from 0.</summary>
    internal TimeSpan DelayAfter(int attempt)
    {
        var cap = MaxRetryInterval ?? DefaultMaxRetryInterval;
        var ticks = FirstRetryInterval.Ticks * Math.Pow(BackoffCoefficient, attempt);
        return ticks >= cap.Ticks ? cap : TimeSpan.FromTicks((long)ticks);
    }
}
