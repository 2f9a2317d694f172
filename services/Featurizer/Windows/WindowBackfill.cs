using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>
/// Fills windows from history, as <see cref="WindowHistory"/> says. A query without an answer leaves its
/// windows to warm up by themselves; the others go on.
/// </summary>
internal sealed class WindowBackfill(
    Shards shards,
    WindowHistory history,
    CollectorClient collector,
    TimeProvider time,
    ILogger<WindowBackfill> logger
)
{
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
            var (start, end) = WindowHistory.FineSpan(now, step);
            var (fine, _) = await collector.HistoryAsync(new(query, start, end, step.TotalSeconds), cancellationToken);
            if (history.HasNew(fine))
                await FillCoarseAsync(query, now, fine, cancellationToken);
            history.AppendFine(fine);
        }
        catch (HttpRequestException e)
        {
            logger.LogWarning("query {Query}: no history, its windows warm up by themselves: {Message}", query, e.Message);
        }
    }

    private async Task FillCoarseAsync(string query, DateTimeOffset now, SampleTable fine, CancellationToken cancellationToken)
    {
        var (start, end) = WindowHistory.CoarseSpan(now, fine);
        var (coarse, _) = await collector.HistoryAsync(new(query, start, end, WindowHistory.CoarseStep.TotalSeconds), cancellationToken);
        history.LoadCoarse(coarse, fine.Step);
    }
}
