using Dapr.Anomaly.Platform.State;
using Dapr.Client;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>
/// Keeps the windows of each shard in the state store: one compressed checkpoint a shard, two generations in turn, the pointer written with its ETag.
/// </summary>
internal sealed class WindowStore(Shards shards, ArtifactStore artifacts, DaprClient dapr, TimeProvider time, ILogger<WindowStore> logger)
{
    /// <summary>Without an ETag, too, only the first write counts.</summary>
    private static readonly StateOptions FirstWriteOnly = new() { Concurrency = ConcurrencyMode.FirstWrite };

    private readonly Dictionary<int, (long Generation, string ETag)> _saved = [];

    /// <summary>Restores what is there; a shard whose checkpoint cannot be read is rebuilt from history.</summary>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in shards.Owned)
        {
            var (saved, etag) = await dapr.GetStateAndETagAsync<SavedWindows?>(StateStores.Default, Key(shard), cancellationToken: cancellationToken);
            _saved[shard.Number] = (saved?.Generation ?? 0, etag);
            if (saved?.Artifact is null)
                continue;
            try
            {
                WindowCheckpoint.Read(await artifacts.LoadAsync(saved.Artifact, cancellationToken), shard);
                logger.LogInformation("shard {Shard}: {Count} windows restored from {At:u}", shard.Number, shard.Count, saved.At);
            }
            catch (Exception e) when (e is ArtifactException or InvalidDataException)
            {
                logger.LogWarning("shard {Shard}: {Message}; its windows are rebuilt from history", shard.Number, e.Message);
            }
        }
    }

    public async Task SaveAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in shards.Owned)
            try
            {
                await SaveAsync(shard, cancellationToken);
            }
            catch (DaprException e)
            {
                logger.LogWarning("shard {Shard}: the checkpoint was not saved: {Message}", shard.Number, (e.InnerException ?? e).Message);
            }
    }

    private async Task SaveAsync(Shard shard, CancellationToken cancellationToken)
    {
        WindowCheckpoint checkpoint;
        using (await shard.EnterAsync(cancellationToken))
            checkpoint = WindowCheckpoint.Of(shard);
        // Two generations in turn: a crash in the middle of writing leaves the other one whole.
        var (generation, etag) = _saved.GetValueOrDefault(shard.Number, (0, ""));
        generation++;
        var artifact = await artifacts.SaveAsync($"{Key(shard)}/{generation % 2}", checkpoint.Write(), cancellationToken);
        var saved = new SavedWindows(SavedWindows.CurrentVersion, artifact, generation, time.GetUtcNow());
        if (!await dapr.TrySaveStateAsync(StateStores.Default, Key(shard), saved, etag, FirstWriteOnly, cancellationToken: cancellationToken))
            logger.LogWarning(
                "shard {Shard}: another replica saved its windows; do ANOMALY_REPLICAS and ANOMALY_REPLICA agree everywhere?",
                shard.Number
            );
        var (_, next) = await dapr.GetStateAndETagAsync<SavedWindows?>(StateStores.Default, Key(shard), cancellationToken: cancellationToken);
        _saved[shard.Number] = (generation, next);
    }

    private static string Key(Shard shard) => $"windows/{shard.Number}";
}

/// <summary>Where the newest checkpoint of a shard lies.</summary>
internal sealed record SavedWindows(int Version, ArtifactReference Artifact, long Generation, DateTimeOffset At)
{
    public const int CurrentVersion = 1;
}
