using System.Net.Http.Json;
using System.Text;
using Dapr.Client;
using Dapr.Conformance.Tests.Fixture;
using Grpc.Core;

namespace Dapr.Conformance.Tests.Clients;

/// <summary>The NuGet client Dapr.Client 1.19, which was not written here.</summary>
public class DaprClientTests : ConformanceTest
{
    private const string Store = "statestore";
    private readonly DaprClient _client;

    public DaprClientTests(DaprFixture dapr)
        : base(dapr) => _client = dapr.Client(dapr.Sidecar);

    private sealed record Order(string Book, int Count);

    [Fact]
    public async Task A_saved_state_is_read_back()
    {
        var key = Unique("k");
        await _client.SaveStateAsync(Store, key, new Order("Dune", 2), cancellationToken: Cancellation);

        Assert.Equal(new Order("Dune", 2), await _client.GetStateAsync<Order>(Store, key, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_missing_state_is_the_default() =>
        Assert.Null(await _client.GetStateAsync<Order>(Store, Unique("none"), cancellationToken: Cancellation));

    [Fact]
    public async Task A_deleted_state_is_gone()
    {
        var key = Unique("k");
        await _client.SaveStateAsync(Store, key, 1, cancellationToken: Cancellation);
        await _client.DeleteStateAsync(Store, key, cancellationToken: Cancellation);

        Assert.Equal(0, await _client.GetStateAsync<int>(Store, key, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_save_with_the_current_etag_succeeds_and_with_an_old_one_does_not()
    {
        var key = Unique("k");
        await _client.SaveStateAsync(Store, key, 1, cancellationToken: Cancellation);
        var (_, etag) = await _client.GetStateAndETagAsync<int>(Store, key, cancellationToken: Cancellation);

        Assert.True(await _client.TrySaveStateAsync(Store, key, 2, etag, cancellationToken: Cancellation));
        Assert.False(await _client.TrySaveStateAsync(Store, key, 3, etag, cancellationToken: Cancellation));
        Assert.Equal(2, await _client.GetStateAsync<int>(Store, key, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_delete_with_an_old_etag_does_not_succeed()
    {
        var key = Unique("k");
        await _client.SaveStateAsync(Store, key, 1, cancellationToken: Cancellation);
        var (_, etag) = await _client.GetStateAndETagAsync<int>(Store, key, cancellationToken: Cancellation);
        await _client.SaveStateAsync(Store, key, 2, cancellationToken: Cancellation);

        Assert.False(await _client.TryDeleteStateAsync(Store, key, etag, cancellationToken: Cancellation));
        Assert.Equal(2, await _client.GetStateAsync<int>(Store, key, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task First_write_refuses_to_overwrite()
    {
        var key = Unique("k");
        await _client.SaveStateAsync(Store, key, 1, cancellationToken: Cancellation);

        await Assert.ThrowsAsync<DaprException>(() =>
            _client.SaveStateAsync(Store, key, 2, new StateOptions { Concurrency = ConcurrencyMode.FirstWrite }, cancellationToken: Cancellation)
        );
    }

    [Fact]
    public async Task A_state_entry_saves_what_was_changed_in_it()
    {
        var key = Unique("k");
        await _client.SaveStateAsync(Store, key, new Order("Dune", 1), cancellationToken: Cancellation);
        var entry = await _client.GetStateEntryAsync<Order>(Store, key, cancellationToken: Cancellation);
        entry.Value = entry.Value with { Count = 9 };

        Assert.True(await entry.TrySaveAsync(cancellationToken: Cancellation));
        Assert.Equal(9, (await _client.GetStateAsync<Order>(Store, key, cancellationToken: Cancellation)).Count);
    }

    [Fact]
    public async Task Many_states_are_saved_and_read_at_once()
    {
        var keys = new[] { Unique("a"), Unique("b") };
        await _client.SaveBulkStateAsync(Store, [new SaveStateItem<int>(keys[0], 1, ""), new SaveStateItem<int>(keys[1], 2, "")], Cancellation);
        var read = await _client.GetBulkStateAsync<int>(Store, [.. keys, Unique("none")], 2, cancellationToken: Cancellation);

        Assert.Equal([1, 2], keys.Select(key => read.Single(each => each.Key == key).Value));
    }

    [Fact]
    public async Task Many_states_are_deleted_at_once()
    {
        var key = Unique("k");
        await _client.SaveStateAsync(Store, key, 1, cancellationToken: Cancellation);
        await _client.DeleteBulkStateAsync(Store, [new BulkDeleteStateItem(key, "")], Cancellation);

        Assert.Equal(0, await _client.GetStateAsync<int>(Store, key, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_transaction_does_all_of_it()
    {
        var (kept, gone) = (Unique("kept"), Unique("gone"));
        await _client.SaveStateAsync(Store, gone, 1, cancellationToken: Cancellation);
        await _client.ExecuteStateTransactionAsync(
            Store,
            [
                new StateTransactionRequest(kept, Encoding.UTF8.GetBytes("5"), StateOperationType.Upsert),
                new StateTransactionRequest(gone, null, StateOperationType.Delete),
            ],
            cancellationToken: Cancellation
        );

        Assert.Equal(5, await _client.GetStateAsync<int>(Store, kept, cancellationToken: Cancellation));
        Assert.Equal(0, await _client.GetStateAsync<int>(Store, gone, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_transaction_with_an_old_etag_does_nothing_of_it()
    {
        var (checkedKey, other) = (Unique("checked"), Unique("other"));
        await _client.SaveStateAsync(Store, checkedKey, 1, cancellationToken: Cancellation);
        await Assert.ThrowsAsync<DaprException>(() =>
            _client.ExecuteStateTransactionAsync(
                Store,
                [
                    new StateTransactionRequest(other, Encoding.UTF8.GetBytes("5"), StateOperationType.Upsert),
                    new StateTransactionRequest(checkedKey, Encoding.UTF8.GetBytes("6"), StateOperationType.Upsert, "no-such-etag"),
                ],
                cancellationToken: Cancellation
            )
        );

        Assert.Equal(0, await _client.GetStateAsync<int>(Store, other, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_state_with_a_time_to_live_goes_away()
    {
        var key = Unique("k");
        await _client.SaveStateAsync(
            Store,
            key,
            1,
            metadata: new Dictionary<string, string> { ["ttlInSeconds"] = "1" },
            cancellationToken: Cancellation
        );
        Assert.Equal(1, await _client.GetStateAsync<int>(Store, key, cancellationToken: Cancellation));

        await Backends.Health.UntilAsync(
            "the state has expired",
            async () => await _client.GetStateAsync<int>(Store, key, cancellationToken: Cancellation) == 0,
            Cancellation
        );
    }

    [Fact]
    public async Task Stores_do_not_share_keys()
    {
        var key = Unique("k");
        await _client.SaveStateAsync(Store, key, 1, cancellationToken: Cancellation);

        Assert.Equal(0, await _client.GetStateAsync<int>("statestore-sqlite", key, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task An_unknown_store_is_an_error_with_its_reason()
    {
        var failure = await Assert.ThrowsAsync<DaprException>(() =>
            _client.GetStateAsync<int>("no-such-store", "k", cancellationToken: Cancellation)
        );

        var details = Assert.IsType<RpcException>(failure.InnerException).GetRpcStatus()!;
        Assert.Equal("DAPR_STATE_NOT_FOUND", details.GetDetail<Google.Rpc.ErrorInfo>().Reason);
    }

    [Fact]
    public async Task A_published_event_reaches_the_subscriber()
    {
        var marker = Unique("m");
        await _client.PublishEventAsync("pubsub", "probe-plain", new { m = marker }, Cancellation);

        var received = await ReceivedAsync("/on/plain", marker);
        Assert.Equal("application/cloudevents+json", received.Headers["content-type"]);
    }

    [Fact]
    public async Task Published_bytes_keep_their_content_type()
    {
        var marker = Unique("m");
        await _client.PublishByteEventAsync("pubsub", "probe-plain", Encoding.UTF8.GetBytes(marker), "text/plain", cancellationToken: Cancellation);

        Assert.Contains("\"datacontenttype\":\"text/plain\"", (await ReceivedAsync("/on/plain", marker)).Text);
    }

    [Fact]
    public async Task A_bulk_publish_delivers_each_event()
    {
        var markers = Enumerable.Range(0, 5).Select(each => Unique($"m{each}")).ToArray();
        var response = await _client.BulkPublishEventAsync(
            "pubsub",
            "probe-plain",
            [.. markers.Select(each => new { m = each })],
            cancellationToken: Cancellation
        );

        Assert.Empty(response.FailedEntries);
        foreach (var each in markers)
            await ReceivedAsync("/on/plain", each);
    }

    [Fact]
    public async Task A_publish_to_an_unknown_broker_is_an_error() =>
        await Assert.ThrowsAsync<DaprException>(() => _client.PublishEventAsync("no-such-pubsub", "t", 1, Cancellation));

    [Fact]
    public async Task A_secret_is_read_by_its_key() =>
        Assert.Equal("s3cret", (await _client.GetSecretAsync("secretstore", "simple", cancellationToken: Cancellation))["simple"]);

    [Fact]
    public async Task Bulk_secrets_leave_out_denied_ones()
    {
        var secrets = await _client.GetBulkSecretAsync("secretstore", cancellationToken: Cancellation);

        Assert.Equal("ann", secrets["nested:user"]["nested:user"]);
        Assert.False(secrets.ContainsKey("denied"));
    }

    [Fact]
    public async Task A_denied_secret_is_an_error() =>
        await Assert.ThrowsAsync<DaprException>(() => _client.GetSecretAsync("secretstore", "denied", cancellationToken: Cancellation));

    [Fact]
    public async Task An_output_binding_calls_its_target()
    {
        var marker = Unique("m");
        await _client.InvokeBindingAsync("http-out", "post", new { m = marker }, new Dictionary<string, string> { ["path"] = "/echo" }, Cancellation);

        Assert.Equal("POST", (await ReceivedAsync("/echo", marker)).Method);
    }

    [Fact]
    public async Task An_operation_that_a_binding_lacks_is_an_error() =>
        await Assert.ThrowsAsync<DaprException>(() => _client.InvokeBindingAsync("http-out", "dance", 1, cancellationToken: Cancellation));

    [Fact]
    public async Task A_method_of_another_app_is_invoked_over_HTTP()
    {
        using var peer = DaprClient.CreateInvokeHttpClient("probe-peer", Dapr.Sidecar.Http.ToString());
        using var response = await peer.PostAsJsonAsync("/echo/orders?x=1", new Order("Dune", 1), Cancellation);

        Assert.Contains("\"target\":\"/echo/orders?x=1\"", await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task The_metadata_says_who_the_sidecar_is()
    {
        var metadata = await _client.GetMetadataAsync(Cancellation);

        Assert.Equal("probe", metadata.Id);
        Assert.Contains(metadata.Components, each => each.Name == Store && each.Type == "state.in-memory");
    }

    [Fact]
    public async Task An_attribute_of_the_metadata_can_be_set()
    {
        var name = Unique("attribute");
        await _client.SetMetadataAsync(name, "value", Cancellation);

        Assert.Equal("value", (await _client.GetMetadataAsync(Cancellation)).Extended[name]);
    }

    [Fact]
    public async Task Health_and_outbound_health_are_good()
    {
        Assert.True(await _client.CheckHealthAsync(Cancellation));
        Assert.True(await _client.CheckOutboundHealthAsync(Cancellation));
    }

    public override void Dispose()
    {
        _client.Dispose();
        base.Dispose();
    }

    private async Task<Received> ReceivedAsync(string path, string marker) =>
        (await Dapr.App.WaitAsync(received => received.Path == path && received.Text.Contains(marker, StringComparison.Ordinal), 1, Cancellation))[0];
}
