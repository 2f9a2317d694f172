using Dapr.Embedded.Components;

namespace Dapr.Embedded.PubSub.Brokers;

/// <summary>Keeps messages and hands each one to every consumer of its topic until it is settled.</summary>
internal interface IBroker : IComponent
{
    /// <summary>Deliveries of one subscription that may be under way at once; 1 keeps the order of the topic.</summary>
    int Concurrency { get; }

    /// <summary>What the app may do with the topics of this component.</summary>
    TopicScopes Scopes { get; }

    /// <summary>Accepts all messages or throws; what it accepted will be delivered (for a durable broker, also after a crash).</summary>
    Task PublishAsync(IReadOnlyList<BrokerMessage> messages, CancellationToken cancellationToken);

    /// <summary>Opens the queue of a topic.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="subscription">Tells apart the subscriptions of one app to one topic; brokers whose consumers share a group ignore it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IBrokerQueue> SubscribeAsync(string topic, string subscription, CancellationToken cancellationToken);
}

/// <summary>The messages of one topic for one consumer. Disposed, it gives back what was received and not settled.</summary>
internal interface IBrokerQueue : IAsyncDisposable
{
    /// <summary>Waits for at least one message and gives what is there, at most <paramref name="atMost"/>.</summary>
    ValueTask<IReadOnlyList<QueuedMessage>> ReceiveAsync(int atMost, CancellationToken cancellationToken);

    /// <summary>Ends a delivery; the broker may write it down later, a crash before that delivers the message again.</summary>
    void Settle(QueuedMessage message, Settlement settlement);
}

/// <summary>What becomes of a delivered message.</summary>
internal enum Settlement
{
    /// <summary>It is done with and never comes back.</summary>
    Done,

    /// <summary>It comes back after a pause that grows with each delivery.</summary>
    Redeliver,

    /// <summary>It was not handed to anyone (the app is unhealthy, the subscription ends) and comes back as if never received.</summary>
    Return,
}

/// <summary>A message as it is published and kept: the bytes and the metadata of the publish request.</summary>
internal sealed record BrokerMessage(string Topic, ReadOnlyMemory<byte> Data, IReadOnlyDictionary<string, string> Metadata)
{
    public static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();
}

/// <summary>A message that was received and not settled yet.</summary>
/// <param name="Id">The broker's id of the message.</param>
/// <param name="Message">The message.</param>
/// <param name="Delivery">1 for the first delivery.</param>
internal sealed record QueuedMessage(string Id, BrokerMessage Message, int Delivery);
