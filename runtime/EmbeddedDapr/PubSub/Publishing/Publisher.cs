using System.Text.Json;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.PubSub.Brokers;
using Dapr.Embedded.PubSub.Events;

namespace Dapr.Embedded.PubSub.Publishing;

/// <summary>An event as the API got it.</summary>
internal sealed record PublishedEvent(ReadOnlyMemory<byte> Body, string ContentType, IReadOnlyDictionary<string, string> Metadata);

/// <summary>What publishing over HTTP and over gRPC have in common: find the broker, check the scope, wrap, hand over.</summary>
internal sealed class Publisher(SidecarContext context)
{
    /// <exception cref="Errors.DaprApiException">
    /// No such component, topic not allowed, metadata or event not readable, or the broker refused.
    /// </exception>
    public async Task PublishAsync(string pubsubName, string topic, PublishedEvent published, TraceContext trace, CancellationToken cancellationToken)
    {
        var broker = Open(pubsubName, topic);
        var message = Wrap(pubsubName, topic, published, trace);
        await SendAsync(broker, pubsubName, topic, [message], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All or none: every event is wrapped before the first is handed over.</summary>
    public async Task PublishBulkAsync(
        string pubsubName,
        string topic,
        IReadOnlyList<PublishedEvent> published,
        TraceContext trace,
        CancellationToken cancellationToken
    )
    {
        var broker = Open(pubsubName, topic);
        var messages = published.Select(one => Wrap(pubsubName, topic, one, trace.Child())).ToList();
        if (messages.Count > 0)
            await SendAsync(broker, pubsubName, topic, messages, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The broker, when the app may publish to the topic.</summary>
    public IBroker Open(string pubsubName, string topic)
    {
        if (pubsubName.Length == 0)
            throw PubSubErrors.NameEmpty();
        var broker =
            context.Components.Find<IBroker>(pubsubName)
            ?? throw (context.Components.Any<IBroker>() ? PubSubErrors.NotFound(pubsubName) : PubSubErrors.NotConfigured(pubsubName));
        if (topic.Length == 0)
            throw PubSubErrors.TopicEmpty(pubsubName);
        if (!broker.Scopes.MayPublish(topic))
            throw PubSubErrors.Forbidden(pubsubName, topic, context.AppId);
        return broker;
    }

    private BrokerMessage Wrap(string pubsubName, string topic, PublishedEvent published, TraceContext trace)
    {
        PublishMetadata metadata;
        try
        {
            metadata = PublishMetadata.Read(published.Metadata);
        }
        catch (FormatException error)
        {
            throw PubSubErrors.BadMetadata(pubsubName, error.Message, published.Metadata);
        }
        if (metadata.RawPayload)
            return new BrokerMessage(topic, published.Body.ToArray(), published.Metadata);
        var outgoing = new OutgoingEvent(
            pubsubName,
            topic,
            published.Body,
            published.ContentType,
            trace.Exists ? trace.TraceParent : "",
            trace.TraceState
        );
        try
        {
            return new BrokerMessage(topic, EventEnvelope.Build(outgoing, metadata, context.AppId, context.Time), published.Metadata);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw PubSubErrors.CloudEvent(pubsubName, context.AppId, error.Message);
        }
    }

    private async Task SendAsync(
        IBroker broker,
        string pubsubName,
        string topic,
        IReadOnlyList<BrokerMessage> messages,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await context
                .Policies.OutboundAsync(
                    pubsubName,
                    async token =>
                    {
                        await broker.PublishAsync(messages, token).ConfigureAwait(false);
                        return true;
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw PubSubErrors.Publish(pubsubName, topic, error.Message);
        }
    }
}
