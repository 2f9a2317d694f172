using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.State;
using Dapr.Client;

namespace Dapr.Anomaly.Featurizer;

/// <summary>
/// Gives the windows their past before the first batch is handled, and keeps it: at start the checkpoint is restored and the time since is filled from the collector
/// (without a checkpoint: an hour at full resolution and a week of quarter-hour means); then every minute, and when the service stops, each shard is saved.
/// </summary>
public sealed class WindowKeeper(
    Shards shards,
    Readiness readiness,
    CollectorClient collector,
    ArtifactStore artifacts,
    DaprClient dapr,
    DaprGate gate,
    FeaturizerMetrics metrics,
    TimeProvider time,
    ILogger<WindowKeeper> logger
) : BackgroundService
{
    private static readonly TimeSpan SaveEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FinePast = TimeSpan.FromHours(1);
    private static readonly TimeSpan CoarsePast = TimeSpan.FromDays(7);
    private static readonly TimeSpan CoarseStep = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Slot = TimeSpan.FromMinutes(15);

    private long _generation;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await gate.WaitAsync(stoppingToken);
        await RestoreAsync(stoppingToken);
        await FillAsync(stoppingToken);
        readiness.Set();
        using var timer = new PeriodicTimer(SaveEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                CountStates();
                await SaveAsync(stoppingToken);
            }
        }
        finally
        {
            if (readiness.IsReady)
                await SaveAsync(CancellationToken.None);
        }
    }

    private async Task RestoreAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in shards.Owned)
        {
            var saved = await dapr.GetStateAsync<SavedWindows?>(StateStores.Default, Key(shard), cancellationToken: cancellationToken);
            if (saved is null)
                continue;
            try
            {
                WindowCheckpoint.Read(await artifacts.LoadAsync(saved.Artifact, cancellationToken), shard);
                _generation = Math.Max(_generation, saved.Generation);
                logger.LogInformation("shard {Shard}: {Count} windows restored from {At:u}", shard.Number, shard.Series.Count, saved.At);
            }
            catch (Exception e) when (e is ArtifactException or InvalidDataException)
            {
                logger.LogWarning("shard {Shard}: {Message}; its windows are rebuilt from Prometheus", shard.Number, e.Message);
            }
        }
    }

    /// <summary>Fills what the windows miss. Without the collector the windows warm up by themselves; nothing waits for ever.</summary>
    private async Task FillAsync(CancellationToken cancellationToken)
    {
        try
        {
            var queries = await collector.QueriesAsync(cancellationToken);
            var step = TimeSpan.FromSeconds(queries.StepSeconds);
            foreach (var shard in shards.Owned)
                shard.Step = step;
            foreach (var query in queries.Queries)
                await FillAsync(query.Name, step, cancellationToken);
            logger.LogInformation("{Count} windows know their past", shards.Owned.Sum(s => s.Series.Count));
        }
        catch (HttpRequestException e)
        {
            logger.LogWarning("the past is not filled in, windows warm up by themselves: {Message}", e.Message);
        }
    }

    private async Task FillAsync(string name, TimeSpan step, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (fine, _) = await collector.HistoryAsync(
            new(name, TimeGrid.Floor(now - FinePast, step), TimeGrid.Floor(now, step) - step, step.TotalSeconds),
            cancellationToken
        );
        var isNew = fine.Series.Any(s => shards.Of(s.Series.Id) is { } shard && shard.Find(s.Series.Id) is null);
        if (isNew)
        {
            var (coarse, _) = await collector.HistoryAsync(
                new(name, TimeGrid.Floor(now - CoarsePast, Slot), TimeGrid.Floor(fine.Start, Slot) - CoarseStep, CoarseStep.TotalSeconds),
                cancellationToken
            );
            foreach (var series in coarse.Series)
                if (shards.Of(series.Series.Id) is { } shard && shard.Find(series.Series.Id) is null)
                    shard.Add(series.Series, new SeriesWindow(step)).Window.LoadHistory(SlotMeans.Of(coarse.Start, coarse.Step, series.Values));
        }
        foreach (var series in fine.Series)
            if (shards.Of(series.Series.Id) is { } shard)
            {
                var window = (shard.Find(series.Series.Id) ?? shard.Add(series.Series, new SeriesWindow(step))).Window;
                for (var column = 0; column < fine.Count; column++)
                    if (double.IsFinite(series.Values[column]))
                        window.Append(new Sample(fine.TimeOf(column), series.Values[column]));
            }
    }

    private async Task SaveAsync(CancellationToken cancellationToken)
    {
        // Two generations in turn: a crash in the middle of writing leaves the other one whole.
        _generation++;
        foreach (var shard in shards.Owned)
        {
            byte[] content;
            await shard.Gate.WaitAsync(cancellationToken);
            try
            {
                content = WindowCheckpoint.Write(shard);
            }
            finally
            {
                shard.Gate.Release();
            }
            try
            {
                var artifact = await artifacts.SaveAsync($"{Key(shard)}/{_generation % 2}", content, cancellationToken);
                await dapr.SaveStateAsync(
                    StateStores.Default,
                    Key(shard),
                    new SavedWindows(artifact, _generation, time.GetUtcNow()),
                    cancellationToken: cancellationToken
                );
            }
            catch (DaprException e)
            {
                logger.LogWarning("shard {Shard}: the checkpoint was not saved: {Message}", shard.Number, (e.InnerException ?? e).Message);
            }
        }
    }

    private void CountStates()
    {
        foreach (var state in Enum.GetValues<SeriesState>())
            metrics.Series.WithLabels(StateNames.Of(state)).Set(SeriesStates.Count(shards, state));
    }

    private static string Key(Shard shard) => $"windows/{shard.Number}";

    private sealed record SavedWindows(ArtifactReference Artifact, long Generation, DateTimeOffset At);
}
