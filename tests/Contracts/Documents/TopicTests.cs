using System.Reflection;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Contracts.Tests.Documents;

/// <summary>docs/api/asyncapi.yaml and the topics of the code say the same, both ways.</summary>
public class TopicTests
{
    private static readonly ApiNode Document = ApiNode.Load("asyncapi.yaml");

    [Fact]
    public void Channels_AreTheTopicsOfTheCode()
    {
        var topics = typeof(Topics)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(f => f is { IsLiteral: true, Name: not nameof(Topics.PubSub) })
            .Select(f => (string)f.GetRawConstantValue()!)
            .Append(Topics.MetricBatches(0).Replace("0", "{shard}", StringComparison.Ordinal));

        Assert.Equal(topics.Order(), Document["channels"]!.Members.Select(c => c["address"]!.Text!).Order());
    }

    [Fact]
    public async Task TopicsThatServicesSubscribeTo_AreTheOnesThatAreReceived()
    {
        HashSet<string> subscribed = [];
        foreach (var app in Apps.All)
        foreach (var route in await ServiceRoutes.OfAsync(app))
            if (route.Topic is { } topic)
                subscribed.Add(topic.Replace("-0", "-{shard}", StringComparison.Ordinal).Replace("-1", "-{shard}", StringComparison.Ordinal));
        var received = Document["operations"]!.Members.Where(o => o["action"]!.Text == "receive").Select(o => o["channel"]!["address"]!.Text!);

        Assert.Equal(subscribed.Order(), received.Order());
    }

    [Fact]
    public void Channels_AllHaveAnOperationAndMessagesOfAContract()
    {
        Assert.Equal(Document["channels"]!.Keys.Order(), Document["operations"]!.Members.Select(o => o["channel"]!.Name).Order());
        foreach (var message in Document["components"]!["messages"]!.Members.Where(m => m["contentType"]!.Text == "application/json"))
            Assert.Equal((message.Name, true), (message["payload"]!.Name, Contracts.ByName.ContainsKey(message.Name)));
    }
}
