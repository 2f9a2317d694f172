using System.Text;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Featurizer;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

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

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("garbage")]
    [InlineData("[1,2]")]
    [InlineData("""{"version":9,"artifact":{"key":"k","chunks":1,"sizeBytes":1,"sha256":"00"},"generation":1,"at":"2026-01-05T12:00:00Z"}""")]
    [InlineData("""{"version":1,"artifact":{"key":"k","chunks":1,"sizeBytes":-1,"sha256":"00"},"generation":1,"at":"2026-01-05T12:00:00Z"}""")]
    [InlineData(
        """{"version":1,"artifact":{"key":"k","chunks":1,"sizeBytes":2147483647,"sha256":"00"},"generation":1,"at":"2026-01-05T12:00:00Z"}"""
    )]
    [InlineData("""{"version":1,"artifact":null,"generation":1,"at":"2026-01-05T12:00:00Z"}""")]
    public async Task Restore_OfAPointerThatIsNone_PutsItAsideAndTheNextSaveCounts(string pointer)
    {
        await _client.SaveByteStateAsync(StateStores.Default, "windows/0", Encoding.UTF8.GetBytes(pointer));
        var (shards, store) = Create();

        await store.RestoreAsync(CancellationToken.None);

        Assert.Equal(pointer, Encoding.UTF8.GetString((await _client.GetByteStateAsync(StateStores.Default, "windows/0/refused")).Span));
        Append(shards, 0);
        await store.SaveAsync(CancellationToken.None);
        var (restored, again) = Create();
        await again.RestoreAsync(CancellationToken.None);
        Assert.Equal(model.Series.Count, restored.Count);
    }

    [Fact]
    public async Task Restore_OfACutCheckpoint_KeepsItAsideAndLeavesTheShardToHistory()
    {
        var artifacts = new ArtifactStore(_client);
        var (filled, _) = Create();
        Append(filled, 0);
        var content = WindowCheckpoint.Of(filled.Owned.First()).Write();
        var cut = await artifacts.SaveAsync("windows/0/1", content.AsMemory(0, content.Length / 2), CancellationToken.None);
        await _client.SaveStateAsync(StateStores.Default, "windows/0", new SavedWindows(SavedWindows.CurrentVersion, cut, 1, model.End));

        var (shards, store) = Create();
        await store.RestoreAsync(CancellationToken.None);

        Assert.Equal(0, shards.Count);
        Assert.Equal(
            cut with
            {
                Key = "windows/0/refused",
            },
            await artifacts.SaveAsync("windows/0/refused", content.AsMemory(0, content.Length / 2), default)
        );
        Assert.NotEqual(0, (await _client.GetByteStateAsync(StateStores.Default, "artifact/windows/0/refused/0")).Length);
    }

    [Fact]
    public async Task Restore_OfWindowsFromTheFuture_TakesWhatThePastHasOfThem()
    {
        var (shards, store) = Create();
        await store.RestoreAsync(CancellationToken.None);
        for (var column = 0; column < 20; column++)
            Append(shards, column);
        shards.Owned.First().Find(model.Series[0].Identity.Id)!.Window.Append(new(new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero), 1));
        await store.SaveAsync(CancellationToken.None);

        FakeTimeProvider earlier = new(model.End + (9.9 * model.Step));
        var (restored, again) = Create(time: earlier);
        await again.RestoreAsync(CancellationToken.None);

        Assert.Null(restored.Owned.First().Find(model.Series[0].Identity.Id)!.Window.Latest);
        Assert.All(
            restored.Series.Where(s => s.Series.Id != model.Series[0].Identity.Id),
            s => Assert.InRange(s.Window.Latest!.Value.Timestamp, model.End + (9 * model.Step), earlier.GetUtcNow())
        );
    }

    [Fact]
    public async Task Restore_OfMoreThanTheLimits_KeepsTheNewestSeries()
    {
        var (shards, store) = Create();
        await store.RestoreAsync(CancellationToken.None);
        Append(shards, 0);
        var newest = shards.Series.Last();
        newest.Window.Append(new(model.End + model.Step, 1));
        await store.SaveAsync(CancellationToken.None);

        var (restored, again) = Create(SeriesLimits.Default with { MaxPerShard = 1 });
        await again.RestoreAsync(CancellationToken.None);

        Assert.Equal(newest.Series.Id, Assert.Single(restored.Series).Series.Id);
    }

    private (Shards Shards, WindowStore Store) Create(SeriesLimits? limits = null, TimeProvider? time = null)
    {
        var shards = new Shards(new Sharding(1, 1, 0), limits ?? SeriesLimits.Default);
        var metrics = new FeaturizerMetrics(new ServiceMetrics(new AppIdentity("test")));
        return (
            shards,
            new WindowStore(shards, new ArtifactStore(_client), _client, metrics, time ?? TimeProvider.System, NullLogger<WindowStore>.Instance)
        );
    }

    private void Append(Shards shards, int column)
    {
        var shard = shards.Owned.First();
        foreach (var series in model.Series)
            (shard.Find(series.Identity.Id) ?? shard.Add(series.Identity, new SeriesWindow(model.Step), model.End)).Window.Append(
                new(model.End + (column * model.Step), column)
            );
    }
}
