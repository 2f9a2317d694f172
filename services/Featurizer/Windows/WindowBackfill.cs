using System.Net;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>
/// Fills windows from history, as <see cref="WindowHistory"/> says, a few queries at once. Scoring waits for it only for a while: a query whose
/// history takes longer gets it when it comes, under the samples that came meanwhile. One that is refused leaves its windows to warm up by
/// themselves.
/// </summary>
internal sealed class WindowBackfill(
    WindowHistory history,
    CollectorClient collector,
    FeaturizerMetrics metrics,
    TimeProvider time,
    ILogger<WindowBackfill> logger
)
{
    /// <summary>Longest that scoring waits.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private const int QueriesAtOnce = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private int _waiting;

    /// <summary>Returns when the windows have their history, or when scoring has waited long enough; what is missing then comes later.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<bool> firstTry = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var all = FillAllAsync(firstTry, cancellationToken);
        // Without a collector there are no samples either that would have to wait.
        await ((Task)firstTry.Task).WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (firstTry.Task is { IsCompletedSuccessfully: true, Result: true })
            await all.WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (all.IsCompleted)
            return;
        await history.KeepAsideAsync(cancellationToken);
        if (_waiting > 0)
            logger.LogWarning(
                "after {Seconds:0} s the history of {Queries} queries is not there; scoring begins without it",
                Patience.TotalSeconds,
                _waiting
            );
    }

    /// <param name="firstTry">Gets whether the collector answered at once.</param>
    private async Task FillAllAsync(TaskCompletionSource<bool> firstTry, CancellationToken cancellationToken)
    {
        var queries = await UntilAnsweredAsync(
            "the collector's queries",
            async () =>
            {
                try
                {
                    return await collector.QueriesAsync(cancellationToken);
                }
                catch
                {
                    firstTry.TrySetResult(false);
                    throw;
                }
            },
            cancellationToken
        );
        if (queries is null)
            return;
        firstTry.TrySetResult(true);
        var step = TimeSpan.FromSeconds(queries.StepSeconds);
        _waiting = queries.Queries.Count;
        using var places = new SemaphoreSlim(QueriesAtOnce);
        await Task.WhenAll(queries.Queries.Select(q => FillAsync(q.Name, step, places, cancellationToken)));
        logger.LogInformation("{Count} windows backfilled", history.Count);
    }

    private async Task FillAsync(string query, TimeSpan step, SemaphoreSlim places, CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken);
        try
        {
            if (await UntilAnsweredAsync($"query {query}", () => AskAsync(query, step, cancellationToken), cancellationToken) is var (fine, coarse))
                await history.FillAsync(fine, coarse, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
            places.Release();
        }
    }

    private async Task<HistoryTables> AskAsync(string query, TimeSpan step, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (start, end) = WindowHistory.FineSpan(now, step);
        var (fine, _) = await collector.HistoryAsync(new(query, start, end, step.TotalSeconds), cancellationToken);
        if (!history.HasNew(fine))
            return new(fine, null);
        (start, end) = WindowHistory.CoarseSpan(now, fine);
        var (coarse, _) = await collector.HistoryAsync(new(query, start, end, WindowHistory.CoarseStep.TotalSeconds), cancellationToken);
        return new(fine, coarse);
    }

    /// <returns>Null when the answer is a refusal, which stays one.</returns>
    private async Task<T?> UntilAnsweredAsync<T>(string what, Func<Task<T>> ask, CancellationToken cancellationToken)
        where T : class
    {
        for (var told = false; ; told = true)
        {
            try
            {
                return await ask();
            }
            catch (HttpRequestException e) when (IsRefusal(e.StatusCode))
            {
                logger.LogWarning("{What}: no history, the windows warm up by themselves: {Message}", what, e.Message);
                return null;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                metrics.WindowFailures.WithLabels("backfill").Inc();
                if (!told)
                    logger.LogWarning("{What}: no history yet, asked again: {Message}", what, e.Message);
            }
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>502 is how the collector passes a refusal of Prometheus on; a 4xx is its own.</summary>
    private static bool IsRefusal(HttpStatusCode? status) =>
        status is HttpStatusCode.BadGateway or HttpStatusCode.BadRequest or HttpStatusCode.NotFound;

    /// <param name="Coarse">Null when no series of the query is new.</param>
    private sealed record HistoryTables(SampleTable Fine, SampleTable? Coarse);
}
