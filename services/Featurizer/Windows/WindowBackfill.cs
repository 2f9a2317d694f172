using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Platform.Hosting;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>
/// Fills windows from history: an hour at full resolution, and for new series a week of quarter-hour means. A query without an answer leaves its
/// windows to warm up by themselves; the others go on.
/// </summary>
internal sealed class WindowBackfill(Shards shards, CollectorClient collector, TimeProvider time, ILogger<WindowBackfill> logger)
{
    private static readonly TimeSpan FinePast = TimeSpan.FromHours(1);
    private static readonly TimeSpan CoarsePast = TimeSpan.FromDays(7);
    private static readonly TimeSpan CoarseStep = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Slot = TimeSpan.FromMinutes(15);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var queries = await collector.QueriesAsync(cancellationToken);
            foreach (var query in queries.Queries)
                await FillAsync(query.Name, TimeSpan.FromSeconds(queries.StepSeconds), cancellationToken);
            logger.LogInformation("{Count} windows backfilled", shards.Count);
        }
        catch (HttpRequestException e)
        {
            logger.LogWarning("no history: windows warm up by themselves: {Message}", e.Message);
        }
    }

    private async Task FillAsync(string query, TimeSpan step, CancellationToken cancellationToken)
    {
        try
        {
            var now = time.GetUtcNow();
            var end = TimeGrid.Floor(now, step) - step;
            var (fine, _) = await collector.HistoryAsync(new(query, TimeGrid.Floor(now - FinePast, step), end, step.TotalSeconds), cancellationToken);
            if (fine.Series.Any(s => shards.Of(s.Series.Id) is { } shard && shard.Find(s.Series.Id) is null))
                await FillCoarseAsync(query, now, fine, cancellationToken);
            for (var row = 0; row < fine.Series.Count; row++)
                if (shards.Of(fine.Series[row].Series.Id) is { } shard)
                    Append(shard.Track(fine.Series[row], step).Window, fine, row);
        }
        catch (HttpRequestException e)
        {
            logger.LogWarning("query {Query}: no history, its windows warm up by themselves: {Message}", query, e.Message);
        }
    }

    private async Task FillCoarseAsync(string query, DateTimeOffset now, SampleTable fine, CancellationToken cancellationToken)
    {
        var (start, end) = (TimeGrid.Floor(now - CoarsePast, Slot), TimeGrid.Floor(fine.Start, Slot) - CoarseStep);
        var (coarse, _) = await collector.HistoryAsync(new(query, start, end, CoarseStep.TotalSeconds), cancellationToken);
        for (var row = 0; row < coarse.Series.Count; row++)
        {
            var series = coarse.Series[row];
            if (shards.Of(series.Series.Id) is { } shard && shard.Find(series.Series.Id) is null)
                shard.Track(series, fine.Step).Window.LoadHistory(SlotMeans.Of(coarse.Start, coarse.Step, coarse.Row(row)));
        }
    }

    private static void Append(SeriesWindow window, SampleTable fine, int row)
    {
        for (var column = 0; column < fine.Columns; column++)
            if (double.IsFinite(fine[row, column]))
                window.Append(new Sample(fine.TimeOf(column), fine[row, column]));
    }
}
