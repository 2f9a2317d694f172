using Dapr.Embedded.Resiliency;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>Hands events to whoever subscribed: an HTTP app, a gRPC app, an open stream.</summary>
internal interface ISubscriber
{
    /// <summary>One try. A failure is a value; only cancellation is thrown.</summary>
    Task<Attempt<Verdict>> SendAsync(EventDelivery delivery, CancellationToken cancellationToken);

    /// <summary>One try with several events for one path; verdicts by entry id, an absent one means <see cref="Verdict.Retry"/>.</summary>
    Task<Attempt<IReadOnlyDictionary<string, Verdict>>> SendBulkAsync(IReadOnlyList<EventDelivery> deliveries, CancellationToken cancellationToken);
}
