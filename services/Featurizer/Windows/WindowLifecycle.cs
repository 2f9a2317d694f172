using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>
/// Gives the windows their history before the first batch is handled: checkpoint, then what is missing since. Afterwards forgets series that have
/// ended and saves the windows, every minute and at the end.
/// </summary>
internal sealed class WindowLifecycle(
    Shards shards,
    Readiness readiness,
    WindowStore store,
    WindowBackfill backfill,
    FeaturizerMetrics metrics,
    LoopHost host,
    ILogger<WindowLifecycle> logger
) : ServiceLoop("windows", host)
{
    private static readonly TimeSpan SaveEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxLastSave = TimeSpan.FromSeconds(20);

    protected override async Task BeginAsync(CancellationToken cancellationToken)
    {
        await base.BeginAsync(cancellationToken);
        await store.RestoreAsync(cancellationToken);
        await backfill.RunAsync(cancellationToken);
        readiness.Set();
        CountStates();
    }

    protected override async Task PassAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(SaveEvery, Time, cancellationToken);
        foreach (var shard in shards.Owned)
            await ForgetEndedAsync(shard, cancellationToken);
        CountStates();
        await store.SaveAsync(cancellationToken);
    }

    protected override async Task EndAsync()
    {
        using var limit = new CancellationTokenSource(MaxLastSave);
        await store.SaveAsync(limit.Token);
    }

    private async Task ForgetEndedAsync(Shard shard, CancellationToken cancellationToken)
    {
        int ended;
        using (await shard.EnterAsync(cancellationToken))
            ended = shard.ForgetEnded(Time.GetUtcNow());
        if (ended == 0)
            return;
        metrics.Forgotten.WithLabels("ended").Inc(ended);
        logger.LogInformation(
            "shard {Shard}: {Count} series had no sample for so long that they are forgotten (series.keep_ended)",
            shard.Number,
            ended
        );
    }

    private void CountStates()
    {
        var now = Time.GetUtcNow();
        var counts = shards.Series.CountBy(s => SeriesStates.Of(s, now).State).ToDictionary();
        foreach (var state in Enum.GetValues<SeriesState>())
            metrics.Series.WithLabels(StateNames.Of(state)).Set(counts.GetValueOrDefault(state));
        metrics.Memory.Set(shards.MemoryBytes);
    }
}
