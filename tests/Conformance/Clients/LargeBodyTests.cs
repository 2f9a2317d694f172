using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Dapr.Conformance.Tests.Fixture;

namespace Dapr.Conformance.Tests.Clients;

/// <summary>Bodies around the limit of 4 MiB, and bulk deliveries.</summary>
public class LargeBodyTests(DaprFixture dapr) : ConformanceTest(dapr)
{
    [Fact]
    public async Task A_state_of_1_MB_is_kept()
    {
        var key = Unique("big");
        var value = new string('x', 1_000_000);
        using var saved = await Http.PostAsJsonAsync("/v1.0/state/statestore", new[] { new { key, value } }, Cancellation);

        Assert.Equal(HttpStatusCode.NoContent, saved.StatusCode);
        Assert.Equal(value, await Http.GetFromJsonAsync<string>($"/v1.0/state/statestore/{key}", Cancellation));
    }

    [Theory]
    [InlineData("/v1.0/state/statestore", 400, "ERR_MALFORMED_REQUEST")]
    [InlineData("/v1.0/bindings/http-out", 400, "ERR_MALFORMED_REQUEST")]
    [InlineData("/v1.0/publish/pubsub/probe-nobody", 500, "ERR_PUBSUB_PUBLISH_MESSAGE")]
    [InlineData("/v1.0/invoke/probe/method/length", 500, "ERR_DIRECT_INVOKE")]
    public async Task A_body_over_4_MiB_is_refused(string path, int status, string errorCode)
    {
        using ByteArrayContent content = new(new byte[(4 << 20) + 100]);
        using var response = await Http.PostAsync(new Uri(path, UriKind.Relative), content, Cancellation);
        var error = await response.Content.ReadFromJsonAsync<JsonNode>(Cancellation);

        Assert.Equal((status, errorCode), ((int)response.StatusCode, (string?)error?["errorCode"]));
    }

    [Fact]
    public async Task An_answer_of_8_MB_passes_between_apps()
    {
        using var script = Dapr.PeerApp.Script(received => received.Path == "/big" ? new Reply(200, new byte[8_000_000]) : null);

        Assert.Equal(8_000_000, (await Http.GetByteArrayAsync("/v1.0/invoke/probe-peer/method/big", Cancellation)).Length);
    }

    [Fact]
    public async Task An_answer_of_the_app_without_headers_passes_unchanged()
    {
        using var script = Dapr.App.Script(received => received.Path == "/teapot" ? Reply.Of(418, "short") : null);
        using var response = await Http.GetAsync(new Uri("/v1.0/invoke/probe/method/teapot", UriKind.Relative), Cancellation);

        Assert.Equal((418, "short"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation)));
    }

    [Fact]
    public async Task A_bulk_subscriber_gets_all_events_and_again_those_it_wants_again()
    {
        var markers = Enumerable.Range(0, 4).Select(each => Unique($"b{each}")).ToArray();
        using var script = Dapr.App.Script(received =>
            received.Path != "/on/bulk"
                ? null
                : Reply.Of(
                    200,
                    new JsonObject
                    {
                        ["statuses"] = new JsonArray([
                            .. Entries(received)
                                .Select(entry =>
                                    (JsonNode)
                                        new JsonObject
                                        {
                                            ["entryId"] = (string)entry["entryId"]!,
                                            ["status"] =
                                                entry.ToJsonString().Contains(markers[2], StringComparison.Ordinal) && Seen(markers[2]) < 2
                                                    ? "RETRY"
                                                    : "SUCCESS",
                                        }
                                ),
                        ]),
                    }.ToJsonString(),
                    "application/json"
                )
        );
        var entries = markers.Select(
            (each, index) =>
                new
                {
                    entryId = $"{index}",
                    @event = new { m = each },
                    contentType = "application/json",
                }
        );
        using var published = await Http.PostAsJsonAsync("/v1.0/publish/bulk/pubsub/probe-bulk", entries, Cancellation);

        Assert.Equal(HttpStatusCode.NoContent, published.StatusCode);
        await Backends.Health.UntilAsync(
            "all came, and the third twice",
            () => Task.FromResult(markers.All(each => Seen(each) >= 1) && Seen(markers[2]) == 2),
            Cancellation
        );
        Assert.Equal([1, 1, 2, 1], markers.Select(Seen));

        int Seen(string marker) =>
            Dapr.App.All.Where(each => each.Path == "/on/bulk").Count(each => each.Text.Contains(marker, StringComparison.Ordinal));
    }

    private static IEnumerable<JsonNode> Entries(Received received) =>
        JsonNode.Parse(Encoding.UTF8.GetString(received.Body))!["entries"]!.AsArray().OfType<JsonNode>();
}
