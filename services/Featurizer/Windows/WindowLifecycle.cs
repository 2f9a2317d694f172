using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>
/// Gives the windows their history before the first batch is handled: checkpoint, then what is missing since. Afterwards forgets what has ended and
/// saves the rest, every minute and at the end. Only cancellation ends it.
/// </summary>
internal sealed class WindowLifecycle(
    Shards shards,
    Readiness readiness,
    WindowStore store,
    WindowBackfill backfill,
    DaprGate gate,
    FeaturizerMetrics metrics,
    TimeProvider time,
    ILogger<WindowLifecycle> logger
) : BackgroundService
{
    private static readonly TimeSpan SaveEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxLastSave = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await GuardAsync("round", RoundAsync, stoppingToken);
                await Task.Delay(readiness.IsReady ? SaveEvery : RetryAfter, time, stoppingToken);
            }
        }
        finally
        {
            using var limit = new CancellationTokenSource(MaxLastSave);
            if (readiness.IsReady)
                await GuardAsync("save", store.SaveAsync, limit.Token);
        }
    }

    /// <summary>One round: until the windows have their history that, then their upkeep.</summary>
    internal async Task RoundAsync(CancellationToken cancellationToken)
    {
        if (!readiness.IsReady)
        {
            await gate.WaitAsync(cancellationToken);
            await store.RestoreAsync(cancellationToken);
            await GuardAsync("backfill", backfill.RunAsync, cancellationToken);
            readiness.Set();
            CountStates();
            return;
        }
        foreach (var shard in shards.Owned)
            await ForgetEndedAsync(shard, cancellationToken);
        CountStates();
        await store.SaveAsync(cancellationToken);
    }

    private async Task ForgetEndedAsync(Shard shard, CancellationToken cancellationToken)
    {
        int ended;
        using (await shard.EnterAsync(cancellationToken))
            ended = shard.ForgetEnded(time.GetUtcNow());
        if (ended == 0)
            return;
        metrics.Forgotten.WithLabels("ended").Inc(ended);
        logger.LogInformation(
            "shard {Shard}: {Count} series had no sample for so long that they are forgotten (series.keep_ended)",
            shard.Number,
            ended
        );
    }

    /// <summary>Whatever goes wrong is told and counted; the next round tries again.</summary>
    private async Task GuardAsync(string step, Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        try
        {
            await run(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            metrics.WindowFailures.WithLabels(step).Inc();
            logger.LogError(e, "windows: {Step} failed, and is tried again", step);
        }
    }

    private void CountStates()
    {
        var now = time.GetUtcNow();
        var counts = shards.Series.CountBy(s => SeriesStates.Of(s, now).State).ToDictionary();
        foreach (var state in Enum.GetValues<SeriesState>())
            metrics.Series.WithLabels(StateNames.Of(state)).Set(counts.GetValueOrDefault(state));
        metrics.Memory.Set(shards.MemoryBytes);
    }
}
