using System.Diagnostics;
using Dapr.Embedded.Resiliency;
using Dapr.Embedded.Tracing;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>Makes an exported span of each try of an event, below the span of its publication. Events that travel in bulk have none.</summary>
internal sealed class TracedSubscriber(ISubscriber subscriber, TraceExport traces) : ISubscriber
{
    public async Task<Attempt<Verdict>> SendAsync(EventDelivery delivery, CancellationToken cancellationToken)
    {
        using var span = traces.Begin(
            $"pubsub/{delivery.Subscription.Topic}",
            ActivityKind.Consumer,
            delivery.Event.TraceParent,
            delivery.Event.Text("tracestate"u8) ?? ""
        );
        delivery.Span = span?.Id;
        var outcome = await subscriber.SendAsync(delivery, cancellationToken).ConfigureAwait(false);
        if (outcome.Failure is { } failure)
            span?.SetStatus(ActivityStatusCode.Error, failure.Message);
        return outcome;
    }

    public Task<Attempt<IReadOnlyDictionary<string, Verdict>>> SendBulkAsync(
        IReadOnlyList<EventDelivery> deliveries,
        CancellationToken cancellationToken
    ) => subscriber.SendBulkAsync(deliveries, cancellationToken);
}
