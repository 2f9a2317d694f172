using System.Text.Json;
using Dapr.Embedded.PubSub.Brokers;
using Dapr.Embedded.PubSub.Events;
using Dapr.Embedded.PubSub.Subscriptions;
using Dapr.Embedded.Resiliency;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>The way of a message of one subscription, step by step; a step that gives a verdict ends it.</summary>
internal sealed class DeliveryPipeline
{
    private readonly Subscription subscription;
    private readonly ISubscriber subscriber;
    private readonly Func<ResiliencePolicy> inbound;
    private readonly DeadLetters deadLetters;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly Func<EventDelivery, Verdict?>[] before;

    public DeliveryPipeline(
        Subscription subscription,
        ISubscriber subscriber,
        Func<ResiliencePolicy> inbound,
        DeadLetters deadLetters,
        TimeProvider time,
        ILogger log
    )
    {
        this.subscription = subscription;
        this.subscriber = subscriber;
        this.inbound = inbound;
        this.deadLetters = deadLetters;
        this.time = time;
        this.log = log;
        before = [ReadEvent, RefuseExpired, ChooseRoute];
    }

    /// <summary>Takes one message all the way.</summary>
    public async Task<Settlement> DeliverAsync(QueuedMessage message, CancellationToken cancellationToken)
    {
        using var delivery = new EventDelivery(subscription, message);
        var verdict = Prepare(delivery) ?? await SendAsync(delivery, cancellationToken).ConfigureAwait(false);
        return await ConcludeAsync(delivery, verdict, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes several messages all the way; those for one path travel together.</summary>
    public async Task<IReadOnlyDictionary<QueuedMessage, Settlement>> DeliverBulkAsync(
        IReadOnlyList<QueuedMessage> messages,
        CancellationToken cancellationToken
    )
    {
        var deliveries = messages.Select(message => new EventDelivery(subscription, message)).ToList();
        try
        {
            var verdicts = new Dictionary<EventDelivery, Verdict>();
            var ready = new List<EventDelivery>();
            foreach (var delivery in deliveries)
            {
                if (Prepare(delivery) is { } verdict)
                    verdicts[delivery] = verdict;
                else
                    ready.Add(delivery);
            }
            foreach (var together in ready.GroupBy(delivery => delivery.Path))
                await SendBulkAsync([.. together], verdicts, cancellationToken).ConfigureAwait(false);
            var settlements = new Dictionary<QueuedMessage, Settlement>();
            foreach (var (delivery, verdict) in verdicts)
                settlements[delivery.Message] = await ConcludeAsync(delivery, verdict, cancellationToken).ConfigureAwait(false);
            return settlements;
        }
        finally
        {
            deliveries.ForEach(delivery => delivery.Dispose());
        }
    }

    private Verdict? Prepare(EventDelivery delivery)
    {
        foreach (var step in before)
        {
            if (step(delivery) is { } verdict)
                return verdict;
        }
        return null;
    }

    private Verdict? ReadEvent(EventDelivery delivery)
    {
        try
        {
            delivery.Event = ReceivedEvent.Read(delivery.Message.Message.Data, subscription.Raw, subscription.PubSubName, subscription.Topic);
            return null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            delivery.Reason = error.Message;
            return Verdict.Drop;
        }
    }

    private Verdict? RefuseExpired(EventDelivery delivery)
    {
        if (!delivery.Event.HasExpired(time.GetUtcNow()))
            return null;
        delivery.Reason = "the event has expired";
        return Verdict.Drop;
    }

    private Verdict? ChooseRoute(EventDelivery delivery)
    {
        var path = subscription.Routes.PathFor(
            delivery.Event.Fields,
            (route, error) =>
                log.LogWarning(
                    "Topic {Topic} of {PubSub}: rule {Rule} fails on event {Event}, the next one is tried: {Error}",
                    subscription.Topic,
                    subscription.PubSubName,
                    route.Match?.Text,
                    delivery.Event.Text("id"u8),
                    error
                )
        );
        delivery.Path = path ?? "";
        delivery.Reason = path is null ? "no rule matches the event" : "";
        return path is null ? Verdict.Drop : null;
    }

    private async Task<Verdict> SendAsync(EventDelivery delivery, CancellationToken cancellationToken)
    {
        var outcome = await inbound().RunAsync(token => subscriber.SendAsync(delivery, token), time, cancellationToken).ConfigureAwait(false);
        delivery.Reason = outcome.Failure?.Message ?? "the subscriber does not want it";
        return outcome.Failure is null ? outcome.Value : Verdict.Retry;
    }

    private async Task SendBulkAsync(
        IReadOnlyList<EventDelivery> together,
        Dictionary<EventDelivery, Verdict> verdicts,
        CancellationToken cancellationToken
    )
    {
        var open = together.ToList();
        async Task<Attempt<Verdict>> TryOpenAsync(CancellationToken token)
        {
            var outcome = await subscriber.SendBulkAsync(open, token).ConfigureAwait(false);
            if (outcome.Failure is { } failure)
                return new Attempt<Verdict>(Verdict.Retry, failure);
            foreach (var delivery in open)
                verdicts[delivery] = outcome.Value!.GetValueOrDefault(delivery.EntryId, Verdict.Retry);
            open.RemoveAll(delivery => verdicts[delivery] != Verdict.Retry);
            return new Attempt<Verdict>(Verdict.Success, open.Count == 0 ? null : new Failure($"RETRY for {open.Count} entries"));
        }
        var last = await inbound().RunAsync(TryOpenAsync, time, cancellationToken).ConfigureAwait(false);
        foreach (var delivery in open)
        {
            verdicts[delivery] = Verdict.Retry;
            delivery.Reason = last.Failure?.Message ?? "";
        }
    }

    /// <summary>Tries are over: settle, write a dead letter, or leave the message to the broker.</summary>
    private async Task<Settlement> ConcludeAsync(EventDelivery delivery, Verdict verdict, CancellationToken cancellationToken)
    {
        if (verdict is Verdict.Success or Verdict.Ignored)
            return Settlement.Done;
        var written = await deadLetters.WriteAsync(subscription, delivery.Message.Message, cancellationToken).ConfigureAwait(false);
        var settlement = written || (verdict == Verdict.Drop && subscription.DeadLetterTopic.Length == 0) ? Settlement.Done : Settlement.Redeliver;
        log.LogWarning(
            "Topic {Topic} of {PubSub}: event {Event} was not taken ({Verdict}: {Reason}); {Fate}",
            subscription.Topic,
            subscription.PubSubName,
            delivery.Event?.Text("id"u8) ?? delivery.Message.Id,
            verdict,
            delivery.Reason,
            written ? $"it went to {subscription.DeadLetterTopic}"
                : settlement == Settlement.Done ? "it was dropped"
                : $"it comes back in {Redelivery.PauseAfter(delivery.Message.Delivery).TotalSeconds} s"
        );
        return settlement;
    }
}
