using System.Net;
using System.Text;
using System.Text.Json;
using Dapr.Embedded;

namespace EmbeddedDapr.Tests.PubSub.Delivery;

/// <summary>From publishing to the app, over real ports.</summary>
public sealed class DeliveryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_AppFailsOnceAndNoPolicyIsThere_TheEventComesAgain()
    {
        await using var running = await StartAsync("""[{"pubsubname":"pubsub","topic":"t","route":"/on"}]""", ResourcesFolder.PubSub);
        running.App.Answer = _ => (running.App.Seen.Count(request => request.Path == "/on") == 1 ? 500 : 200, "");
        await running.PublishAsync("t", "1", "application/json");
        var seen = await running.App.WaitAsync(request => request.Path == "/on", 2, Token);
        Assert.Equal(Id(seen[0]), Id(seen[1]));
    }

    [Fact]
    public async Task Publish_PolicyWithRetries_TriesAndWritesOneDeadLetter()
    {
        await using var running = await StartAsync(
            """[{"pubsubname":"pubsub","topic":"t","route":"/on","deadLetterTopic":"dead"},{"pubsubname":"pubsub","topic":"dead","route":"/dead"}]""",
            ResourcesFolder.PubSub,
            """
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata:
              name: r
            spec:
              policies:
                retries:
                  quick: {policy: constant, duration: 5ms, maxRetries: 3}
              targets:
                components:
                  pubsub: {inbound: {retry: quick}}
            """
        );
        running.App.Answer = request => (request.Path == "/on" ? 503 : 200, "");
        await running.PublishAsync("t", "1", "application/json");
        var dead = await running.App.WaitAsync(request => request.Path == "/dead", 1, Token);
        var tries = running.App.Seen.Where(request => request.Path == "/on").ToList();
        Assert.Equal(4, tries.Count);
        Assert.Equal(tries[0].Body, dead[0].Body);
    }

    [Theory]
    [InlineData(429, 3)]
    [InlineData(503, 3)]
    [InlineData(400, 1)]
    public async Task Publish_PolicyWithMatchingStatuses_RepeatsThoseOnly(int status, int tries)
    {
        await using var running = await StartAsync(
            """[{"pubsubname":"pubsub","topic":"t","route":"/on","deadLetterTopic":"dead"},{"pubsubname":"pubsub","topic":"dead","route":"/dead"}]""",
            ResourcesFolder.PubSub,
            """
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata:
              name: r
            spec:
              policies:
                retries:
                  some: {policy: constant, duration: 5ms, maxRetries: 2, matching: {httpStatusCodes: "429,500-599"} }
              targets:
                components:
                  pubsub: {inbound: {retry: some}}
            """
        );
        running.App.Answer = request => (request.Path == "/on" ? status : 200, "");
        await running.PublishAsync("t", "1", "application/json");
        await running.App.WaitAsync(request => request.Path == "/dead", 1, Token);
        Assert.Equal(tries, running.App.Seen.Count(request => request.Path == "/on"));
    }

    [Fact]
    public async Task Publish_ARuleThatFails_TheNextRuleTakesTheEvent()
    {
        await using var running = await StartAsync(
            """[{"pubsubname":"pubsub","topic":"t","routes":{"rules":[{"match":"event.data.level > 5","path":"/high"}],"default":"/rest"}}]""",
            ResourcesFolder.PubSub
        );
        await running.PublishAsync("t", """{"other":1}""", "application/json");
        await running.App.WaitAsync(request => request.Path == "/rest", 1, Token);
    }

    [Fact]
    public async Task Publish_CloudEventWithANumericTraceId_IsDeliveredAsItIs()
    {
        await using var running = await StartAsync("""[{"pubsubname":"pubsub","topic":"t","route":"/on"}]""", ResourcesFolder.PubSub);
        await running.PublishAsync(
            "t",
            """{"specversion":"1.0","id":"x","source":"s","type":"y","traceid":5,"traceparent":6,"expiration":7,"data":1}""",
            "application/cloudevents+json"
        );
        var seen = await running.App.WaitAsync(request => request.Path == "/on", 1, Token);
        Assert.Equal("x", Id(seen[0]));
    }

    [Fact]
    public async Task Publish_CloudEventWithHalfASurrogatePair_IsDelivered()
    {
        await using var running = await StartAsync(
            """[{"pubsubname":"pubsub","topic":"t","routes":"""
                + """{"rules":[{"match":"event.type == 'x' || event.data.a == 'x'","path":"/x"}],"default":"/on"}}]""",
            ResourcesFolder.PubSub
        );
        await running.PublishAsync(
            "t",
            """{"id":"\ud800","type":"\udc00","traceparent":"\ud800","expiration":"\ud800","data":{"a":"\ud800"}}""",
            "application/cloudevents+json"
        );
        await running.App.WaitAsync(request => request.Path == "/on", 1, Token);
    }

    [Fact]
    public async Task Publish_MetadataNamedLikeTokensOrProtocolHeaders_DoesNotReachTheApp()
    {
        await using var running = await StartAsync("""[{"pubsubname":"pubsub","topic":"t","route":"/on"}]""", ResourcesFolder.PubSub);
        await running.PublishAsync(
            "t?metadata.dapr-api-token=forged&metadata.Content-Type=text/html&metadata.Host=evil"
                + "&metadata.bad%20name=x&metadata.mine=v%0d%0aX-Y:%20z&metadata.fine=yes",
            "1",
            "application/json"
        );
        var headers = (await running.App.WaitAsync(request => request.Path == "/on", 1, Token))[0].Headers;
        Assert.Equal(
            ["application/cloudevents+json", "", "", "yes"],
            new[] { "Content-Type", "dapr-api-token", "mine", "fine" }.Select(name => headers[name].ToString())
        );
        Assert.DoesNotContain("X-Y", headers.Keys);
        Assert.StartsWith("127.0.0.1", headers.Host.ToString());
    }

    [Fact]
    public async Task Publish_PlainSubscriberAndBytesThatAreNoEvent_AreDroppedNotRepeatedForEver()
    {
        await using var running = await StartAsync(
            """[{"pubsubname":"pubsub","topic":"t","route":"/on","deadLetterTopic":"dead"}"""
                + """,{"pubsubname":"pubsub","topic":"dead","route":"/dead","metadata":{"rawPayload":"true"}}]""",
            ResourcesFolder.PubSub
        );
        await running.PublishAsync("t?metadata.rawPayload=true", "no json", "text/plain");
        await running.App.WaitAsync(request => request.Path == "/dead", 1, Token);
        Assert.DoesNotContain(running.App.Seen, request => request.Path == "/on");
    }

    [Fact]
    public async Task Reload_ASubscriptionResourceComesChangesAndGoes_DeliveryFollows()
    {
        await using var running = await StartAsync("[]", ResourcesFolder.PubSub);
        foreach (var path in new[] { "/first", "/second" })
        {
            running.Resources.Write(
                "subscription.yaml",
                $$"""
                apiVersion: dapr.io/v2alpha1
                kind: Subscription
                metadata:
                  name: s
                spec:
                  pubsubname: pubsub
                  topic: t
                  routes:
                    default: {{path}}
                """
            );
            await running.Sidecar.ReloadAsync(Token);
            await running.PublishAsync("t", "1", "application/json");
            await running.App.WaitAsync(request => request.Path == path, 1, Token);
        }
        File.Delete(Path.Combine(running.Resources.Path, "subscription.yaml"));
        await running.Sidecar.ReloadAsync(Token);
        using var metadata = JsonDocument.Parse(await running.Client.GetStringAsync("/v1.0/metadata", Token));
        Assert.False(metadata.RootElement.TryGetProperty("subscriptions", out var left) && left.GetArrayLength() > 0);
    }

    [Fact]
    public async Task Publish_TopicOutsideTheScope_IsForbidden()
    {
        await using var running = await StartAsync(
            "[]",
            ResourcesFolder.PubSub
                + "\n"
                + """
                  metadata:
                    - name: publishingScopes
                      value: app=allowed
                """
        );
        Assert.Equal(HttpStatusCode.NoContent, (await running.SendAsync("allowed", "1", "text/plain")).StatusCode);
        var refused = await running.SendAsync("other", "1", "text/plain");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("topic other is not allowed for app id app", await refused.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task Publish_ManyAtOnce_EachIsDeliveredOnce()
    {
        await using var running = await StartAsync("""[{"pubsubname":"pubsub","topic":"t","route":"/on"}]""", ResourcesFolder.PubSub);
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => running.PublishAsync("t", $"{i}", "application/json")));
        var seen = await running.App.WaitAsync(request => request.Path == "/on", 500, Token);
        Assert.Equal(500, seen.Select(Id).Distinct().Count());
    }

    private static string? Id(SeenRequest request)
    {
        using var envelope = JsonDocument.Parse(request.Body);
        return envelope.RootElement.GetProperty("id").GetString();
    }

    private static async Task<Running> StartAsync(string subscriptions, params string[] resources)
    {
        var app = await TestApp.StartAsync(Token);
        app.Subscriptions = subscriptions;
        var folder = new ResourcesFolder(resources);
        var dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(
            new EmbeddedDaprOptions
            {
                Sidecars =
                [
                    new SidecarOptions
                    {
                        AppId = "app",
                        AppPort = app.Port,
                        ResourcesPaths = [folder.Path],
                    },
                ],
            },
            Token
        );
        await dapr.Sidecars["app"].ReadyAsync(Token);
        return new Running(app, folder, dapr, new HttpClient { BaseAddress = dapr.Sidecars["app"].HttpEndpoint });
    }

    private sealed record Running(TestApp App, ResourcesFolder Resources, Dapr.Embedded.EmbeddedDapr Dapr, HttpClient Client) : IAsyncDisposable
    {
        public Sidecar Sidecar => Dapr.Sidecars["app"];

        public async Task PublishAsync(string topic, string body, string contentType)
        {
            using var answer = await SendAsync(topic, body, contentType);
            Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        }

        public async Task<HttpResponseMessage> SendAsync(string topic, string body, string contentType)
        {
            using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            return await Client.PostAsync($"/v1.0/publish/pubsub/{topic}", content, Token);
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await Dapr.DisposeAsync();
            await App.DisposeAsync();
            Resources.Dispose();
        }
    }
}
