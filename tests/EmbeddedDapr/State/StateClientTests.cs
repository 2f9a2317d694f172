using Dapr.Client;
using Grpc.Core;
using static EmbeddedDapr.Tests.TestSidecar;

namespace EmbeddedDapr.Tests.State;

/// <summary>The unmodified .NET SDK against the state API.</summary>
public sealed class StateClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("state.in-memory")]
    [InlineData("state.sqlite")]
    public async Task DaprClient_EveryStateCall_DoesWhatItSays(string type)
    {
        await using var sidecar = await StartAsync([Component("s", type, ("connectionString", "$FOLDER/state.db"))], Token);
        using var client = sidecar.Client();
        await client.SaveStateAsync("s", "k", new Order("a", 1), cancellationToken: Token);
        var (order, etag) = await client.GetStateAndETagAsync<Order>("s", "k", cancellationToken: Token);
        Assert.Equal(new Order("a", 1), order);
        Assert.True(await client.TrySaveStateAsync("s", "k", new Order("b", 2), etag, cancellationToken: Token));
        Assert.False(await client.TrySaveStateAsync("s", "k", new Order("c", 3), etag, cancellationToken: Token));
        Assert.False(await client.TryDeleteStateAsync("s", "k", etag, cancellationToken: Token));

        await client.SaveBulkStateAsync("s", [new SaveStateItem<int>("x", 1, ""), new SaveStateItem<int>("y", 2, "")], Token);
        var bulk = await client.GetBulkStateAsync("s", ["x", "y", "none"], null, cancellationToken: Token);
        Assert.Equal([("x", "1"), ("y", "2"), ("none", "")], bulk.Select(item => (item.Key, item.Value)));
        await client.ExecuteStateTransactionAsync(
            "s",
            [
                new StateTransactionRequest("x", "9"u8.ToArray(), StateOperationType.Upsert),
                new StateTransactionRequest("y", null, StateOperationType.Delete),
            ],
            cancellationToken: Token
        );
        Assert.Equal(
            (9, 0),
            (await client.GetStateAsync<int>("s", "x", cancellationToken: Token), await client.GetStateAsync<int>("s", "y", cancellationToken: Token))
        );
        await client.DeleteBulkStateAsync("s", [new BulkDeleteStateItem("x", "")], Token);
        Assert.Equal(0, await client.GetStateAsync<int>("s", "x", cancellationToken: Token));
    }

    [Fact]
    public async Task DaprClient_QueryAndUnknownStore_GetDaprsCodes()
    {
        await using var sidecar = await StartAsync([Component("s", "state.in-memory")], Token);
        using var client = sidecar.Client();
        var unknown = await Assert.ThrowsAsync<Dapr.DaprException>(() => client.GetStateAsync<int>("absent", "k", cancellationToken: Token));
        Assert.Equal(StatusCode.InvalidArgument, ((RpcException)unknown.InnerException!).StatusCode);
        Assert.Contains("state store absent is not found", unknown.InnerException!.Message);
    }

    [Fact]
    public async Task TwoSidecars_OneInMemoryStore_SeeTheSameRowsWithoutPrefix()
    {
        await using var sidecar = await StartAsync([Component("s", "state.in-memory", ("keyPrefix", "none"))], Token);
        var other = await sidecar.Dapr.AddSidecarAsync(sidecar.Sidecar.Context.Options with { AppId = "other", HttpPort = 0, GrpcPort = 0 }, Token);
        using var client = sidecar.Client();
        await client.SaveStateAsync("s", "k", 7, cancellationToken: Token);
        using var http = new HttpClient();
        Assert.Equal("7", await http.GetStringAsync(new Uri(other.HttpEndpoint, "/v1.0/state/s/k"), Token));
    }

    private sealed record Order(string Id, int Count);
}
