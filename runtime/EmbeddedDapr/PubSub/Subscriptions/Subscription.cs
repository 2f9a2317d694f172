using Dapr.Embedded.PubSub.Events;
using Dapr.Embedded.PubSub.Routing;

namespace Dapr.Embedded.PubSub.Subscriptions;

/// <summary>Where a subscription comes from; the names are those of the metadata API.</summary>
internal enum SubscriptionType
{
    /// <summary>A Subscription resource.</summary>
    Declarative,

    /// <summary>The app's answer to the question for its subscriptions.</summary>
    Programmatic,

    /// <summary>An open stream of a client.</summary>
    Streaming,
}

/// <summary>How many events a bulk delivery gathers, and for how long.</summary>
internal sealed record BulkSubscribe(int MaxMessages, TimeSpan MaxAwait)
{
    public static BulkSubscribe Of(int? maxMessages, int? maxAwaitMilliseconds) =>
        new(maxMessages is > 0 ? maxMessages.Value : 100, TimeSpan.FromMilliseconds(maxAwaitMilliseconds is > 0 ? maxAwaitMilliseconds.Value : 1000));
}

/// <summary>An app's wish for the events of a topic.</summary>
internal sealed record Subscription
{
    /// <summary>Two subscriptions with the same key are the same; it changes with any part of the subscription.</summary>
    public required string Key { get; init; }

    public required SubscriptionType Type { get; init; }

    public required string PubSubName { get; init; }

    public required string Topic { get; init; }

    public required RouteTable Routes { get; init; }

    /// <summary>Empty when there is none.</summary>
    public string DeadLetterTopic { get; init; } = "";

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Null for one event a delivery.</summary>
    public BulkSubscribe? Bulk { get; init; }

    /// <summary>The broker's bytes reach the subscriber as they are, wrapped in an envelope.</summary>
    public bool Raw => Metadata.Any(entry => entry.Key.Equals("rawPayload", StringComparison.OrdinalIgnoreCase) && IsTrue(entry.Value));

    private static bool IsTrue(string value)
    {
        try
        {
            return PublishMetadata.ReadRawPayload(value);
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
