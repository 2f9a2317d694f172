using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.State;
using Dapr.Client;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>
/// Keeps the windows of each shard in the state store: one compressed checkpoint a shard, two generations in turn, the pointer written with its ETag.
/// </summary>
internal sealed class WindowStore(
    Shards shards,
    ArtifactStore artifacts,
    DaprClient dapr,
    FeaturizerMetrics metrics,
    TimeProvider time,
    ILogger<WindowStore> logger
)
{
    /// <summary>Without an ETag, too, only the first write counts.</summary>
    private static readonly StateOptions FirstWriteOnly = new() { Concurrency = ConcurrencyMode.FirstWrite };

    private readonly Dictionary<int, (long Generation, string ETag)> _saved = [];

    /// <summary>Restores what is there; a shard whose checkpoint cannot be read is rebuilt from history, and the checkpoint
    /// is put aside.</summary>
    /// <exception cref="DaprException">The state store does not answer.</exception>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in shards.Owned)
            await RestoreAsync(shard, cancellationToken);
    }

    public async Task SaveAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in shards.Owned)
            try
            {
                await SaveAsync(shard, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                metrics.WindowFailures.WithLabels("save").Inc();
                logger.LogWarning("shard {Shard}: the checkpoint was not saved: {Message}", shard.Number, (e.InnerException ?? e).Message);
            }
    }

    private async Task RestoreAsync(Shard shard, CancellationToken cancellationToken)
    {
        var (pointer, etag) = await dapr.GetByteStateAndETagAsync(StateStores.Default, Key(shard), cancellationToken: cancellationToken);
        _saved[shard.Number] = (0, etag);
        if (pointer.IsEmpty)
            return;
        byte[]? content = null;
        try
        {
            var saved = SavedWindows.Read(pointer);
            _saved[shard.Number] = (saved.Generation, etag);
            content = await artifacts.LoadAsync(saved.Artifact, cancellationToken);
            WindowCheckpoint.Read(content, shard, time.GetUtcNow());
            Settle(shard);
            logger.LogInformation("shard {Shard}: {Count} windows restored from {At:u}", shard.Number, shard.Count, saved.At);
        }
        catch (Exception e) when (e is MessageException or ArtifactException or InvalidDataException)
        {
            await PutAsideAsync(shard, pointer, content, e.Message, cancellationToken);
        }
    }

    /// <summary>What was saved may be from a wrong clock, or from larger limits.</summary>
    private void Settle(Shard shard)
    {
        var now = time.GetUtcNow();
        if (shard.Rewind(now) is var rewound and > 0)
        {
            metrics.Rewound.Inc(rewound);
            logger.LogWarning(
                "shard {Shard}: {Count} windows of the checkpoint had samples in the future of this clock ({Now:u}), which are discarded",
                shard.Number,
                rewound,
                now
            );
        }
        if (shard.ForgetBeyondLimits() is var forgotten and > 0)
        {
            metrics.Forgotten.WithLabels("limits").Inc(forgotten);
            logger.LogWarning(
                "shard {Shard}: {Count} saved windows are beyond the limits and forgotten (series.max_per_shard, series.max_memory_bytes)",
                shard.Number,
                forgotten
            );
        }
    }

    /// <summary>Keeps what cannot be read for whoever wants to know why; the next save takes its place.</summary>
    private async Task PutAsideAsync(Shard shard, ReadOnlyMemory<byte> pointer, byte[]? content, string reason, CancellationToken cancellationToken)
    {
        metrics.WindowFailures.WithLabels("restore").Inc();
        var aside = $"{Key(shard)}/refused";
        logger.LogWarning(
            "shard {Shard}: {Reason}; it is put aside under {Key} of state store {Store}, and the windows are rebuilt from history",
            shard.Number,
            reason,
            aside,
            StateStores.Default
        );
        await dapr.SaveByteStateAsync(StateStores.Default, aside, pointer, cancellationToken: cancellationToken);
        if (content is not null)
            await artifacts.SaveAsync(aside, content, cancellationToken);
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
        var (_, next) = await dapr.GetByteStateAndETagAsync(StateStores.Default, Key(shard), cancellationToken: cancellationToken);
        _saved[shard.Number] = (generation, next);
    }

    private static string Key(Shard shard) => $"windows/{shard.Number}";
}
