using Dapr.Embedded.PubSub.Brokers;
using Dapr.Embedded.PubSub.Subscriptions;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>Takes messages of one subscription from the broker, as many at once as the broker allows, and settles them.</summary>
internal sealed class SubscriptionPump
{
    private readonly IBrokerQueue queue;
    private readonly DeliveryPipeline pipeline;
    private readonly DeliveryGate gate;
    private readonly ILogger log;
    private readonly CancellationTokenSource receiving = new();
    private readonly CancellationTokenSource delivering = new();
    private readonly Task[] workers;

    private SubscriptionPump(Subscription subscription, IBrokerQueue queue, int concurrency, DeliveryPipeline pipeline, DeliveryGate gate, ILogger log)
    {
        this.queue = queue;
        this.pipeline = pipeline;
        this.gate = gate;
        this.log = log;
        Subscription = subscription;
        workers = [.. Enumerable.Range(0, concurrency).Select(_ => Task.Run(() => subscription.Bulk is { } bulk ? WorkBulkAsync(bulk) : WorkAsync()))];
    }

    public Subscription Subscription { get; }

    public static async Task<SubscriptionPump> StartAsync(
        Subscription subscription, IBroker broker, DeliveryPipeline pipeline, DeliveryGate gate, ILogger log, CancellationToken cancellationToken)
    {
        var queue = await broker.SubscribeAsync(subscription.Topic, subscription.Key, cancellationToken).ConfigureAwait(false);
        return new SubscriptionPump(subscription, queue, broker.Concurrency, pipeline, gate, log);
    }

    /// <summary>Stops for good: receives no more, waits for deliveries under way; what <paramref name="limit"/> cuts off goes back to the broker.</summary>
    public async Task StopAsync(CancellationToken limit)
    {
        await receiving.CancelAsync().ConfigureAwait(false);
        await using (limit.Register(delivering.Cancel))
            await Task.WhenAll(workers).ConfigureAwait(false);
        await queue.DisposeAsync().ConfigureAwait(false);
        receiving.Dispose();
        delivering.Dispose();
    }

    private async Task WorkAsync()
    {
        while (await ReceiveAsync(1, receiving.Token).ConfigureAwait(false) is { } received)
        {
            foreach (var message in received)
                queue.Settle(message, await DeliverAsync(message).ConfigureAwait(false));
        }
    }

    private async Task WorkBulkAsync(BulkSubscribe bulk)
    {
        while (await ReceiveAsync(bulk.MaxMessages, receiving.Token).ConfigureAwait(false) is { } first)
        {
            var gathered = first.ToList();
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(receiving.Token);
            wait.CancelAfter(bulk.MaxAwait);
            while (gathered.Count < bulk.MaxMessages && await ReceiveAsync(bulk.MaxMessages - gathered.Count, wait.Token).ConfigureAwait(false) is { } more)
                gathered.AddRange(more);
            await DeliverBulkAsync(gathered).ConfigureAwait(false);
        }
    }

    /// <summary>The next messages, null when the token ends the waiting.</summary>
    private async Task<IReadOnlyList<QueuedMessage>?> ReceiveAsync(int atMost, CancellationToken token)
    {
        while (true)
        {
            try
            {
                await gate.WaitOpenAsync(token).ConfigureAwait(false);
                var received = await queue.ReceiveAsync(atMost, token).ConfigureAwait(false);
                return gate.IsOpen || await StaysAsync(received).ConfigureAwait(false) ? received : null;
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested)
            {
                return null;
            }
            catch (Exception error)
            {
                log.LogError(error, "Topic {Topic} of {PubSub}: the broker gives no messages; it is asked again in 1 s", Subscription.Topic, Subscription.PubSubName);
                await Task.Delay(TimeSpan.FromSeconds(1), token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>The gate closed while the messages came: they wait here; false when the end comes first, and they went back.</summary>
    private async Task<bool> StaysAsync(IReadOnlyList<QueuedMessage> received)
    {
        try
        {
            await gate.WaitOpenAsync(receiving.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            foreach (var message in received)
                queue.Settle(message, Settlement.Return);
            return false;
        }
    }

    private async Task<Settlement> DeliverAsync(QueuedMessage message)
    {
        try
        {
            return await pipeline.DeliverAsync(message, delivering.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (delivering.IsCancellationRequested)
        {
            return Settlement.Return;
        }
        catch (Exception error)
        {
            log.LogError(error, "Topic {Topic} of {PubSub}: delivery of message {Message} failed", Subscription.Topic, Subscription.PubSubName, message.Id);
            return Settlement.Redeliver;
        }
    }

    private async Task DeliverBulkAsync(IReadOnlyList<QueuedMessage> messages)
    {
        IReadOnlyDictionary<QueuedMessage, Settlement> settlements = new Dictionary<QueuedMessage, Settlement>();
        var otherwise = Settlement.Redeliver;
        try
        {
            settlements = await pipeline.DeliverBulkAsync(messages, delivering.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (delivering.IsCancellationRequested)
        {
            otherwise = Settlement.Return;
        }
        catch (Exception error)
        {
            log.LogError(error, "Topic {Topic} of {PubSub}: bulk delivery of {Count} messages failed", Subscription.Topic, Subscription.PubSubName, messages.Count);
        }
        foreach (var message in messages)
            queue.Settle(message, settlements.GetValueOrDefault(message, otherwise));
    }
}
