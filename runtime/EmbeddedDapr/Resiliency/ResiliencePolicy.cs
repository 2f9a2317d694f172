namespace Dapr.Embedded.Resiliency;

/// <summary>
/// What applies to one target. The order is daprd's: each try has the timeout, the breaker counts each try, the retry goes around both;
/// an open breaker ends the retries.
/// </summary>
internal sealed record ResiliencePolicy(TimeSpan? Timeout, RetryPolicy? Retry, CircuitBreaker? Breaker)
{
    public static ResiliencePolicy None { get; } = new(null, null, null);

    public bool IsEmpty => this is { Timeout: null, Retry: null, Breaker: null };

    public Func<double> Jitter { get; init; } = Random.Shared.NextDouble;

    /// <summary>Runs the tries; gives the last one. Cancellation by the caller is thrown, everything else is a <see cref="Failure"/>.</summary>
    public async Task<Attempt<T>> RunAsync<T>(
        Func<CancellationToken, Task<Attempt<T>>> attempt,
        TimeProvider time,
        CancellationToken cancellationToken,
        Action<Attempt<T>>? discard = null
    )
    {
        if (IsEmpty)
            return await attempt(cancellationToken).ConfigureAwait(false);
        var begin = time.GetTimestamp();
        for (long repetition = 1; ; repetition++)
        {
            var outcome = await GuardedAsync(attempt, time, cancellationToken).ConfigureAwait(false);
            if (outcome.Failure is not { } failure || Retry is null || !Retry.Covers(failure))
                return outcome;
            if (Retry.PauseBefore(repetition, time.GetElapsedTime(begin), Jitter()) is not { } pause)
                return outcome;
            discard?.Invoke(outcome);
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Attempt<T>> GuardedAsync<T>(
        Func<CancellationToken, Task<Attempt<T>>> attempt,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (Breaker is null)
            return await TimedAsync(attempt, time, cancellationToken).ConfigureAwait(false);
        if (Breaker.Enter() is not { } ticket)
            return new Attempt<T>(default, Failure.BreakerOpen);
        var success = false;
        try
        {
            var outcome = await TimedAsync(attempt, time, cancellationToken).ConfigureAwait(false);
            success = outcome.Failure is null;
            return outcome;
        }
        finally
        {
            Breaker.Leave(ticket, success);
        }
    }

    private async Task<Attempt<T>> TimedAsync<T>(
        Func<CancellationToken, Task<Attempt<T>>> attempt,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (Timeout is not { } limit)
            return await attempt(cancellationToken).ConfigureAwait(false);
        using var deadline = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await attempt(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new Attempt<T>(default, Failure.DeadlineExceeded);
        }
    }
}
