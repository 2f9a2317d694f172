using Dapr.Embedded.Storage;

namespace EmbeddedDapr.Tests.Storage;

public sealed class DurableStoreTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("embedded-dapr-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Scan_Prefix_GivesItsKeysInOrderAndPagesByTheLastKey(bool onDisk)
    {
        var store = await OpenAsync(onDisk);
        await store.CommitAsync([.. new[] { "b/2", "a/9", "b/1", "b/3", "c" }.Select(key => new StoreChange(key, [1]))], TestContext.Current.CancellationToken);
        var first = await store.ScanAsync("b/", null, 2, TestContext.Current.CancellationToken);
        var rest = await store.ScanAsync("b/", first[^1].Key, 2, TestContext.Current.CancellationToken);
        Assert.Equal(["b/1", "b/2"], first.Select(entry => entry.Key));
        Assert.Equal(["b/3"], rest.Select(entry => entry.Key));
        await CloseAsync(store);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commit_SameKeyTwice_TheLastChangeCounts(bool onDisk)
    {
        var store = await OpenAsync(onDisk);
        await store.CommitAsync([new("k", [1]), new("k", null), new("l", null), new("l", [2])], TestContext.Current.CancellationToken);
        Assert.Null(await store.GetAsync("k", TestContext.Current.CancellationToken));
        Assert.Equal([2], await store.GetAsync("l", TestContext.Current.CancellationToken));
        await CloseAsync(store);
    }

    [Fact]
    public async Task Commit_ManyAtOnce_AllAreThereAfterReopening()
    {
        var store = await OpenAsync(onDisk: true);
        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => store.CommitAsync([new($"k{i:000}", [(byte)i])], TestContext.Current.CancellationToken)));
        await CloseAsync(store);
        store = await OpenAsync(onDisk: true);
        Assert.Equal(300, (await store.ScanAsync("k", null, 1000, TestContext.Current.CancellationToken)).Count);
        await CloseAsync(store);
    }

    private async Task<IDurableStore> OpenAsync(bool onDisk) =>
        onDisk ? await SqliteStore.OpenAsync(Path.Combine(folder, "store.db"), TestContext.Current.CancellationToken) : new MemoryStore();

    private static ValueTask CloseAsync(IDurableStore store) => store is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;
}
