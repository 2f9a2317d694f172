using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>
/// Gives the windows their history before the first batch is handled: checkpoint, then what is missing since. Afterwards saves them every minute, and
/// at the end.
/// </summary>
internal sealed class WindowLifecycle(
    Shards shards,
    Readiness readiness,
    WindowStore store,
    WindowBackfill backfill,
    DaprGate gate,
    FeaturizerMetrics metrics,
    TimeProvider time
) : BackgroundService
{
    private static readonly TimeSpan SaveEvery = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await gate.WaitAsync(stoppingToken);
        await store.RestoreAsync(stoppingToken);
        await backfill.RunAsync(stoppingToken);
        readiness.Set();
        using var timer = new PeriodicTimer(SaveEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                CountStates();
                await store.SaveAsync(stoppingToken);
            }
        }
        finally
        {
            await store.SaveAsync(CancellationToken.None);
        }
    }

    private void CountStates()
    {
        var counts = shards.Series.CountBy(s => SeriesStates.Of(s).State).ToDictionary();
        foreach (var state in Enum.GetValues<SeriesState>())
            metrics.Series.WithLabels(StateNames.Of(state)).Set(counts.GetValueOrDefault(state));
    }
}
