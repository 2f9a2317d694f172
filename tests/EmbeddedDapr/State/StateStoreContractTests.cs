using System.Text;
using Dapr.Embedded.State;
using Microsoft.Extensions.Time.Testing;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.State;

/// <summary>What every state store of the runtime keeps to, on a clock that the test turns.</summary>
public sealed class StateStoreContractTests
{
    private static readonly FakeTimeProvider Clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public static TheoryData<string> Stores => ["state.in-memory", "state.sqlite"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Write_EveryTime_ChangesTheETag(string type)
    {
        await using var fixture = await OpenAsync(type);
        await fixture.Store.WriteAsync(Put("k", "1"), Token);
        var first = await GetAsync(fixture.Store, "k");
        await fixture.Store.WriteAsync(Put("k", "1", first!.ETag), Token);
        var second = await GetAsync(fixture.Store, "k");
        Assert.NotEqual(first.ETag, second!.ETag);
        await RefusedAsync(fixture.Store, Put("k", "2", first.ETag), StateRefusal.ETagMismatch);
        await RefusedAsync(fixture.Store, Delete("k", first.ETag), StateRefusal.ETagMismatch);
        Assert.Equal("1", Encoding.UTF8.GetString((await GetAsync(fixture.Store, "k"))!.Value));
        await fixture.Store.WriteAsync(Delete("k", second.ETag), Token);
        Assert.Null(await GetAsync(fixture.Store, "k"));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Write_FirstWrite_OnlyOnAnAbsentKey(string type)
    {
        await using var fixture = await OpenAsync(type);
        var first = new StateWrite("k", [1], null, FirstWrite: true, null);
        await fixture.Store.WriteAsync(first, Token);
        await RefusedAsync(fixture.Store, first, StateRefusal.ETagMismatch);
        await RefusedAsync(fixture.Store, Put("absent", "1", "some-etag"), StateRefusal.ETagMismatch);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Write_ManyFirstWritesAtOnce_ExactlyOneWins(string type)
    {
        await using var fixture = await OpenAsync(type);
        var results = await Task.WhenAll(
            Enumerable
                .Range(0, 32)
                .Select(i =>
                    Task.Run(async () =>
                    {
                        try
                        {
                            await fixture.Store.WriteAsync(new StateWrite("race", [(byte)i], null, FirstWrite: true, null), Token);
                            return 1;
                        }
                        catch (StateStoreException)
                        {
                            return 0;
                        }
                    })
                )
        );
        Assert.Equal(1, results.Sum());
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Ttl_WhenItIsOver_TheKeyIsAbsentToReadersAndWriters(string type)
    {
        await using var fixture = await OpenAsync(type);
        await fixture.Store.WriteAsync(new StateWrite("k", [1], null, false, TimeSpan.FromSeconds(10)), Token);
        Assert.Equal(Clock.GetUtcNow().AddSeconds(10), (await GetAsync(fixture.Store, "k"))!.Expires);
        Clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.NotNull(await GetAsync(fixture.Store, "k"));
        Clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Null(await GetAsync(fixture.Store, "k"));
        await fixture.Store.WriteAsync(new StateWrite("k", [2], null, FirstWrite: true, null), Token);
        Assert.Null((await GetAsync(fixture.Store, "k"))!.Expires);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Transact_OneRefused_NothingIsChanged(string type)
    {
        await using var fixture = await OpenAsync(type);
        await fixture.Store.WriteAsync(Put("a", "1"), Token);
        await Assert.ThrowsAsync<StateStoreException>(() => fixture.Store.TransactAsync([Put("b", "1"), Delete("a"), Put("a", "2", "wrong")], Token));
        Assert.Null(await GetAsync(fixture.Store, "b"));
        Assert.Equal("1", Encoding.UTF8.GetString((await GetAsync(fixture.Store, "a"))!.Value));
        await fixture.Store.TransactAsync([Put("b", "1"), Delete("a")], Token);
        Assert.Null(await GetAsync(fixture.Store, "a"));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Write_AnyBytes_ComeBackAsTheyAre(string type)
    {
        await using var fixture = await OpenAsync(type);
        foreach (var value in new byte[][] { [], [0], [0xff, 0xfe, 0], "text"u8.ToArray(), "nul\0inside"u8.ToArray(), "ü\ud83d\ude00"u8.ToArray() })
        {
            await fixture.Store.WriteAsync(new StateWrite("k", value, null, false, null), Token);
            Assert.Equal(value, (await GetAsync(fixture.Store, "k"))!.Value);
        }
    }

    [Fact]
    public async Task Sqlite_AfterARestart_HasWhatWasAcknowledged()
    {
        var file = Path.Combine(Path.GetTempPath(), $"state-{Guid.NewGuid():N}.db");
        await using (var sidecar = await StartAsync([Component("s", "state.sqlite", ("connectionString", file))], Token))
            await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Store(sidecar).WriteAsync(Put($"k{i}", $"{i}"), Token)));
        await using (var sidecar = await StartAsync([Component("s", "state.sqlite", ("connectionString", file))], Token))
            Assert.All(await Store(sidecar).GetAsync([.. Enumerable.Range(0, 50).Select(i => $"k{i}")], Token), Assert.NotNull);
        File.Delete(file);
    }

    private static async Task<(TestSidecar Sidecar, IStateStore Store)> StartedAsync(string type)
    {
        var sidecar = await StartAsync([Component("s", type, ("connectionString", "$FOLDER/data/state.db"))], Token, time: Clock);
        return (sidecar, Store(sidecar));
    }

    private static async Task<Fixture> OpenAsync(string type)
    {
        var (sidecar, store) = await StartedAsync(type);
        return new Fixture(sidecar, store);
    }

    private static IStateStore Store(TestSidecar sidecar) => sidecar.Sidecar.Context.Components.Find<IStateStore>("s")!;

    private static StateWrite Put(string key, string value, string? etag = null) => new(key, Encoding.UTF8.GetBytes(value), etag, false, null);

    private static StateWrite Delete(string key, string? etag = null) => new(key, null, etag, false, null);

    private static async Task<StateEntry?> GetAsync(IStateStore store, string key) => (await store.GetAsync([key], Token))[0];

    private static async Task RefusedAsync(IStateStore store, StateWrite write, StateRefusal refusal) =>
        Assert.Equal(refusal, (await Assert.ThrowsAsync<StateStoreException>(() => store.WriteAsync(write, Token))).Refusal);

    private sealed record Fixture(TestSidecar Sidecar, IStateStore Store) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Sidecar.DisposeAsync();
    }
}
