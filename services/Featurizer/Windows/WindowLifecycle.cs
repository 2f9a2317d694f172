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
    FeaturizerMetrics metrics,
    LoopHost host
) : ServiceLoop("windows", host)
{
    private static readonly TimeSpan SaveEvery = TimeSpan.FromMinutes(1);

    protected override async Task BeginAsync(CancellationToken cancellationToken)
    {
        await base.BeginAsync(cancellationToken);
        await store.RestoreAsync(cancellationToken);
        await backfill.RunAsync(cancellationToken);
        readiness.Set();
    }

    protected override async Task PassAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(SaveEvery, Time, cancellationToken);
        CountStates();
        await store.SaveAsync(cancellationToken);
    }

    protected override Task EndAsync() => store.SaveAsync(CancellationToken.None);

    private void CountStates()
    {
        var counts = shards.Series.CountBy(s => SeriesStates.Of(s).State).ToDictionary();
        foreach (var state in Enum.GetValues<SeriesState>())
            metrics.Series.WithLabels(StateNames.Of(state)).Set(counts.GetValueOrDefault(state));
    }
}
