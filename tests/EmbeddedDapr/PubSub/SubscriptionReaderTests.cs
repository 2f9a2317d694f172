using System.Text.Json.Nodes;
using Dapr.Embedded.PubSub.Subscriptions;

namespace EmbeddedDapr.Tests.PubSub;

public sealed class SubscriptionReaderTests
{
    [Theory]
    [InlineData("""{"pubsubname":"p","topic":"t","route":"/r"}""")]
    [InlineData("""{"pubsubName":"p","Topic":"t","Route":"/r"}""")]
    [InlineData("""{"PUBSUBNAME":"p","topic":"t","routes":{"default":"/r"}}""")]
    public void Read_NamesInAnyCase_GivesTheRoute(string json)
    {
        var subscription = Read(json)!;
        Assert.Equal(("p", "t", "/r"), (subscription.PubSubName, subscription.Topic, Assert.Single(subscription.Routes.Routes).Path));
    }

    [Fact]
    public void Read_AllFields_AreTaken()
    {
        var subscription = Read(
            """
            {"pubsubname":"p","topic":"t","routes":{"rules":[{"match":"event.type == 'x'","path":"/x"}],"default":"/rest"},
             "metadata":{"rawPayload":"true","n":1},
             "deadLetterTopic":"dead","bulkSubscribe":{"enabled":true,"maxMessagesCount":7,"maxAwaitDurationMs":50}}
            """
        )!;
        Assert.Equal(["/x", "/rest"], subscription.Routes.Routes.Select(route => route.Path));
        Assert.Equal(("dead", true, "1"), (subscription.DeadLetterTopic, subscription.Raw, subscription.Metadata["n"]));
        Assert.Equal(new BulkSubscribe(7, TimeSpan.FromMilliseconds(50)), subscription.Bulk);
    }

    [Fact]
    public void Read_BulkWithoutNumbers_TakesAHundredMessagesOrASecond() =>
        Assert.Equal(
            new BulkSubscribe(100, TimeSpan.FromSeconds(1)),
            Read("""{"pubsubname":"p","topic":"t","route":"/r","bulkSubscribe":{"enabled":true}}""")!.Bulk
        );

    [Fact]
    public void Read_NoRoute_IsNoSubscription() => Assert.Null(Read("""{"pubsubname":"p","topic":"t"}"""));

    [Theory]
    [InlineData("""{"topic":"t","route":"/r"}""", "pubsubname")]
    [InlineData("""{"pubsubname":"p","route":"/r"}""", "topic")]
    [InlineData("""{"pubsubname":"p","topic":"t","routes":{"rules":[{"match":"event.","path":"/x"}]}}""", "event.")]
    public void Read_Incomplete_SaysWhatIsMissing(string json, string word) =>
        Assert.Contains(word, Assert.Throws<FormatException>(() => Read(json)).Message);

    private static Subscription? Read(string json) =>
        SubscriptionReader.Read((JsonObject)JsonNode.Parse(json)!, SubscriptionType.Programmatic, "app");
}
