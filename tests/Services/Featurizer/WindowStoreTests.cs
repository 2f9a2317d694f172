using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Anomaly.Services.Tests.Featurizer;

/// <summary>Checkpoints in a real state store.</summary>
public sealed class WindowStoreTests(SmallModel model) : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private TestDapr _dapr = null!;
    private DaprClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _dapr = await TestDapr.StartAsync(_folder.Path);
        _client = await _dapr.ClientAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _dapr.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Restore_AfterSeveralSaves_HasTheNewestWindows()
    {
        var (shards, store) = Create();
        await store.RestoreAsync(CancellationToken.None);
        for (var save = 0; save < 3; save++)
        {
            Append(shards, save);
            await store.SaveAsync(CancellationToken.None);
        }

        var (restored, again) = Create();
        await again.RestoreAsync(CancellationToken.None);

        Assert.Equal(shards.Count, restored.Count);
        Assert.All(restored.Series, s => Assert.Equal(3, s.Window.Count));
    }

    [Fact]
    public async Task Save_WhileAnotherReplicaSavedTheShard_KeepsTheOthersPointer()
    {
        var (mine, store) = Create();
        await store.RestoreAsync(CancellationToken.None);
        var (theirs, other) = Create();
        await other.RestoreAsync(CancellationToken.None);
        Append(theirs, 0);
        Append(theirs, 1);
        await other.SaveAsync(CancellationToken.None);
        await other.SaveAsync(CancellationToken.None);

        Append(mine, 0);
        await store.SaveAsync(CancellationToken.None);

        var saved = await _client.GetStateAsync<SavedWindows>(StateStores.Default, "windows/0");
        Assert.Equal(2, saved.Generation);
    }

    [Fact]
    public async Task Restore_OfADamagedCheckpoint_LeavesTheShardToHistory()
    {
        var (shards, store) = Create();
        await store.RestoreAsync(CancellationToken.None);
        Append(shards, 0);
        await store.SaveAsync(CancellationToken.None);
        await _client.SaveByteStateAsync(StateStores.Default, "artifact/windows/0/1/0", "damaged"u8.ToArray());

        var (restored, again) = Create();
        await again.RestoreAsync(CancellationToken.None);

        Assert.Equal(0, restored.Count);
    }

    private (Shards Shards, WindowStore Store) Create()
    {
        var shards = new Shards(new Sharding(1, 1, 0));
        return (shards, new WindowStore(shards, new ArtifactStore(_client), _client, TimeProvider.System, NullLogger<WindowStore>.Instance));
    }

    private void Append(Shards shards, int column)
    {
        foreach (var series in model.Series)
            shards
                .Owned.First()
                .Track(new WatchedSeries(series.Identity, DetectionRule.Any), model.Step)
                .Window.Append(new(model.End + (column * model.Step), column));
    }
}
