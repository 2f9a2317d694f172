using Dapr.Embedded.Components;
using Dapr.Embedded.PubSub;

namespace EmbeddedDapr.Tests.PubSub;

public sealed class TopicScopesTests
{
    [Theory]
    [InlineData("app1", "t1", true)]
    [InlineData("app1", "t3", false)]
    [InlineData("app2", "t1", false)]
    [InlineData("app3", "t1", true)]
    public void MayPublish_Scopes_LimitTheAppsTheyName(string appId, string topic, bool may) =>
        Assert.Equal(may, Scopes(appId, ("publishingScopes", "app1=t1, t2; app2=")).MayPublish(topic));

    [Fact]
    public void MayPublish_TopicThatIsNotAllowed_IsRefusedForAll() => Assert.False(Scopes("a", ("allowedTopics", "t1,t2")).MayPublish("t3"));

    [Fact]
    public void MaySubscribe_ProtectedTopic_NeedsAScope()
    {
        Assert.False(Scopes("a", ("protectedTopics", "secret")).MaySubscribe("secret"));
        Assert.True(Scopes("a", ("protectedTopics", "secret"), ("subscriptionScopes", "a=secret")).MaySubscribe("secret"));
        Assert.True(Scopes("a", ("protectedTopics", "secret")).MaySubscribe("open"));
    }

    private static TopicScopes Scopes(string appId, params (string Name, string Value)[] metadata) =>
        new(new ComponentMetadata(metadata.Select(entry => new KeyValuePair<string, string>(entry.Name, entry.Value))), appId);
}
