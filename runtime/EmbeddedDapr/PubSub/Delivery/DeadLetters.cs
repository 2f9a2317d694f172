using Dapr.Embedded.PubSub.Brokers;
using Dapr.Embedded.PubSub.Subscriptions;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>Publishes what no subscriber took to the dead letter topic of the same component: the first bytes and metadata, unchanged.</summary>
internal sealed class DeadLetters(IBroker broker, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>False when the subscription has no dead letter topic or the broker refused.</summary>
    public async Task<bool> WriteAsync(Subscription subscription, BrokerMessage message, CancellationToken cancellationToken)
    {
        if (subscription.DeadLetterTopic.Length == 0)
            return false;
        using var limit = new CancellationTokenSource(Limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await broker.PublishAsync([message with { Topic = subscription.DeadLetterTopic }], both.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            log.LogError(
                error,
                "Topic {Topic} of {PubSub}: the dead letter topic {Dead} cannot be written",
                subscription.Topic,
                subscription.PubSubName,
                subscription.DeadLetterTopic
            );
            return false;
        }
    }
}
