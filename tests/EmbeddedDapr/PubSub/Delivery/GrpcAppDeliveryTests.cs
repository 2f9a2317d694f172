using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Embedded;
using Microsoft.Extensions.Time.Testing;
using static EmbeddedDapr.Tests.TestSidecar;
using Verdict = Dapr.AppCallback.Autogen.Grpc.v1.TopicEventResponse.Types.TopicEventResponseStatus;

namespace EmbeddedDapr.Tests.PubSub.Delivery;

/// <summary>Events at a gRPC app, over real ports: bulk under its two names, and health.</summary>
public sealed class GrpcAppDeliveryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bulk_AppHasTheNewName_TheOldOneIsNotCalled()
    {
        await using var app = await StartAppAsync(isBulk: true);
        app.Bulk = request => Answer(request, Verdict.Success);
        app.OldBulk = request => Answer(request, Verdict.Success);
        await using var sidecar = await StartAsync(app);
        await PublishAsync(sidecar, 3);
        await Eventually.TrueAsync(() => Task.FromResult(Entries(app) == 3), "three entries came", Token);
        var first = app.Seen.OfType<TopicEventBulkRequest>().First();
        Assert.Equal(("p", "t", "com.dapr.event.sent.bulk"), (first.PubsubName, first.Topic, first.Type));
        Assert.All(
            app.Seen.OfType<TopicEventBulkRequest>().SelectMany(request => request.Entries),
            entry =>
            {
                Assert.Equal(TopicEventBulkRequestEntry.EventOneofCase.CloudEvent, entry.EventCase);
                Assert.Equal("", entry.ContentType);
            }
        );
    }

    [Fact]
    public async Task Bulk_AppHasTheOldNameAlone_ItIsCalledAfterOneMissAndFromThenOnAtOnce()
    {
        await using var app = await StartAppAsync(isBulk: true);
        app.OldBulk = request => Answer(request, Verdict.Success);
        await using var sidecar = await StartAsync(app);
        await PublishAsync(sidecar, 1);
        await Eventually.TrueAsync(() => Task.FromResult(app.Seen.Count == 2), "the new name, then the old one", Token);
        await PublishAsync(sidecar, 1);
        await Eventually.TrueAsync(() => Task.FromResult(app.Seen.Count == 3), "the old name", Token);
    }

    [Fact]
    public async Task Bulk_AppHasNeitherName_TheEventsAreDroppedWithoutADeadLetter()
    {
        await using var app = await StartAppAsync(isBulk: true);
        app.Subscriptions.Add(new TopicSubscription { PubsubName = "p", Topic = "dead" });
        app.Event = _ => new TopicEventResponse();
        await using var sidecar = await StartAsync(app);
        await PublishAsync(sidecar, 1);
        await Eventually.TrueAsync(() => Task.FromResult(app.Seen.Count >= 2), "both names were tried", Token);
        using var client = sidecar.Client();
        await client.PublishEventAsync("p", "dead", "marker", Token);
        await Eventually.TrueAsync(() => Task.FromResult(app.Seen.OfType<TopicEventRequest>().Any()), "the marker came", Token);
        Assert.Equal("\"marker\"", Assert.Single(app.Seen.OfType<TopicEventRequest>()).Data.ToStringUtf8());
        Assert.Equal(2, app.Seen.OfType<TopicEventBulkRequest>().Count());
    }

    [Fact]
    public async Task Bulk_RetryAndDropAreForTheirEntriesAlone()
    {
        await using var app = await StartAppAsync(isBulk: true);
        app.Subscriptions.Add(new TopicSubscription { PubsubName = "p", Topic = "dead" });
        app.Event = _ => new TopicEventResponse();
        var tries = new Dictionary<string, int>();
        app.Bulk = request =>
        {
            var answer = new TopicEventBulkResponse();
            foreach (var entry in request.Entries)
            {
                var data = entry.CloudEvent.Data.ToStringUtf8();
                tries[data] = tries.GetValueOrDefault(data) + 1;
                answer.Statuses.Add(
                    new TopicEventBulkResponseEntry
                    {
                        EntryId = entry.EntryId,
                        Status = data switch
                        {
                            "0" when tries[data] == 1 => Verdict.Retry,
                            "1" => Verdict.Drop,
                            _ => Verdict.Success,
                        },
                    }
                );
            }
            return answer;
        };
        await using var sidecar = await StartAsync(app, retries: true);
        await PublishAsync(sidecar, 3);
        await Eventually.TrueAsync(
            () => Task.FromResult(app.Seen.OfType<TopicEventRequest>().Any() && tries.GetValueOrDefault("0") == 2),
            "the dead letter and the repetition",
            Token
        );
        Assert.Equal([2, 1, 1], ((string[])["0", "1", "2"]).Select(data => tries[data]));
        Assert.Equal("1", Assert.Single(app.Seen.OfType<TopicEventRequest>()).Data.ToStringUtf8());
    }

    [Fact]
    public async Task Health_GrpcAppIsIll_GetsNoEventsUntilItIsWell()
    {
        var clock = new FakeTimeProvider();
        await using var app = await StartAppAsync(isBulk: false);
        app.Event = _ => new TopicEventResponse();
        await using var sidecar = await StartAsync(
            app,
            with: options =>
                options with
                {
                    EnableAppHealthCheck = true,
                    AppHealthProbeInterval = TimeSpan.FromSeconds(1),
                    AppHealthThreshold = 2,
                    AppHealthProbeTimeout = TimeSpan.FromMinutes(1),
                },
            clock: clock
        );
        using var client = sidecar.Client();
        await client.PublishEventAsync("p", "t", 1, Token);
        await Eventually.TrueAsync(() => Task.FromResult(app.Seen.Count == 1), "an event comes to a well app", Token);

        app.IsWell = false;
        var address = $"/v1.0/invoke/{AppId}/method/m";
        await Eventually.TrueAsync(
            async () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(200));
                using var answer = await sidecar.Http.GetAsync(address, Token);
                return (await answer.Content.ReadAsStringAsync(Token)).Contains("app is not in a healthy state", StringComparison.Ordinal);
            },
            "the app counts as ill",
            Token
        );
        await client.PublishEventAsync("p", "t", 2, Token);
        var before = app.Seen.OfType<TopicEventRequest>().Count();

        app.IsWell = true;
        await Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(200));
                return Task.FromResult(app.Seen.OfType<TopicEventRequest>().Count() == 2);
            },
            "the event that waited comes",
            Token
        );
        Assert.Equal(1, before);
    }

    private static async Task<CallbackApp> StartAppAsync(bool isBulk)
    {
        var app = await CallbackApp.StartAsync(Token);
        app.Subscriptions.Add(
            new TopicSubscription
            {
                PubsubName = "p",
                Topic = "t",
                DeadLetterTopic = "dead",
                BulkSubscribe = isBulk
                    ? new BulkSubscribeConfig
                    {
                        Enabled = true,
                        MaxMessagesCount = 10,
                        MaxAwaitDurationMs = 50,
                    }
                    : null,
            }
        );
        return app;
    }

    private static async Task<TestSidecar> StartAsync(
        CallbackApp app,
        bool retries = false,
        Func<SidecarOptions, SidecarOptions>? with = null,
        TimeProvider? clock = null
    )
    {
        string[] documents =
        [
            Component("p", "pubsub.in-memory"),
            .. retries
                ? new[]
                {
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
                              p: {inbound: {retry: quick}}
                        """,
                }
                : [],
        ];
        var sidecar = await TestSidecar.StartAsync(
            documents,
            Token,
            options => (with ?? (same => same))(options with { AppPort = app.Port, AppProtocol = AppProtocol.Grpc }),
            clock
        );
        await sidecar.Sidecar.ReadyAsync(Token);
        return sidecar;
    }

    private static async Task PublishAsync(TestSidecar sidecar, int count)
    {
        using var client = sidecar.Client();
        await client.BulkPublishEventAsync("p", "t", [.. Enumerable.Range(0, count)], cancellationToken: Token);
    }

    private static int Entries(CallbackApp app) => app.Seen.OfType<TopicEventBulkRequest>().Sum(request => request.Entries.Count);

    private static TopicEventBulkResponse Answer(TopicEventBulkRequest request, Verdict verdict) =>
        new() { Statuses = { request.Entries.Select(entry => new TopicEventBulkResponseEntry { EntryId = entry.EntryId, Status = verdict }) } };
}
