using Dapr.Embedded.PubSub.Brokers;
using Dapr.Embedded.PubSub.Subscriptions;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>Takes messages of one subscription from the broker, has as many delivered at once as the broker allows, and settles them.</summary>
internal sealed class SubscriptionPump
{
    private readonly IBrokerQueue queue;
    private readonly int concurrency;
    private readonly DeliveryPipeline pipeline;
    private readonly DeliveryGate gate;
    private readonly ILogger log;
    private readonly SemaphoreSlim slots;
    private readonly CancellationTokenSource receiving = new();
    private readonly CancellationTokenSource delivering = new();
    private readonly Task pumping;

    private SubscriptionPump(
        Subscription subscription,
        IBrokerQueue queue,
        int concurrency,
        DeliveryPipeline pipeline,
        DeliveryGate gate,
        ILogger log
    )
    {
        this.queue = queue;
        this.concurrency = concurrency;
        this.pipeline = pipeline;
        this.gate = gate;
        this.log = log;
        slots = new SemaphoreSlim(concurrency);
        Subscription = subscription;
        pumping = Task.Run(() => subscription.Bulk is { } bulk ? PumpBulkAsync(bulk) : PumpAsync());
    }

    public Subscription Subscription { get; }

    public static async Task<SubscriptionPump> StartAsync(
        Subscription subscription,
        IBroker broker,
        DeliveryPipeline pipeline,
        DeliveryGate gate,
        ILogger log,
        CancellationToken cancellationToken
    )
    {
        var queue = await broker.SubscribeAsync(subscription.Topic, subscription.Key, cancellationToken).ConfigureAwait(false);
        return new SubscriptionPump(subscription, queue, broker.Concurrency, pipeline, gate, log);
    }

    /// <summary>
    /// Stops for good: receives no more, waits for deliveries under way; what <paramref name="limit"/> cuts off goes back to the broker.
    /// </summary>
    public async Task StopAsync(CancellationToken limit)
    {
        await receiving.CancelAsync().ConfigureAwait(false);
        await pumping.ConfigureAwait(false);
        await using (limit.Register(delivering.Cancel))
        {
            for (var i = 0; i < concurrency; i++)
                await slots.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        await queue.DisposeAsync().ConfigureAwait(false);
        receiving.Dispose();
        delivering.Dispose();
        slots.Dispose();
    }

    private async Task PumpAsync()
    {
        while (await TakeSlotsAsync(concurrency).ConfigureAwait(false) is var free and > 0)
        {
            var received = await ReceiveAsync(free, receiving.Token).ConfigureAwait(false) ?? [];
            if (received.Count < free)
                slots.Release(free - received.Count);
            foreach (var message in received)
                _ = HandleAsync(message);
        }
    }

    private async Task PumpBulkAsync(BulkSubscribe bulk)
    {
        while (await TakeSlotsAsync(1).ConfigureAwait(false) > 0)
        {
            var gathered = await GatherAsync(bulk).ConfigureAwait(false);
            if (gathered.Count == 0)
                slots.Release();
            else
                _ = HandleBulkAsync(gathered);
        }
    }

    /// <summary>Waits for a free slot and takes up to <paramref name="atMost"/>; zero when receiving ends.</summary>
    private async Task<int> TakeSlotsAsync(int atMost)
    {
        try
        {
            await slots.WaitAsync(receiving.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
        var taken = 1;
        while (taken < atMost && slots.Wait(TimeSpan.Zero, CancellationToken.None))
            taken++;
        return taken;
    }

    private async Task<IReadOnlyList<QueuedMessage>> GatherAsync(BulkSubscribe bulk)
    {
        if (await ReceiveAsync(bulk.MaxMessages, receiving.Token).ConfigureAwait(false) is not { } first)
            return [];
        var gathered = first.ToList();
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(receiving.Token);
        wait.CancelAfter(bulk.MaxAwait);
        while (
            gathered.Count < bulk.MaxMessages && await ReceiveAsync(bulk.MaxMessages - gathered.Count, wait.Token).ConfigureAwait(false) is { } more
        )
            gathered.AddRange(more);
        return gathered;
    }

    /// <summary>The next messages, null when the token ends the waiting.</summary>
    private async Task<IReadOnlyList<QueuedMessage>?> ReceiveAsync(int atMost, CancellationToken token)
    {
        while (!token.IsCancellationRequested)
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
                log.LogError(
                    error,
                    "Topic {Topic} of {PubSub}: the broker gives no messages; it is asked again in 1 s",
                    Subscription.Topic,
                    Subscription.PubSubName
                );
                await Task.Delay(TimeSpan.FromSeconds(1), token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        return null;
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

    private async Task HandleAsync(QueuedMessage message)
    {
        var settlement = Settlement.Redeliver;
        try
        {
            settlement = await pipeline.DeliverAsync(message, delivering.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (delivering.IsCancellationRequested)
        {
            settlement = Settlement.Return;
        }
        catch (Exception error)
        {
            log.LogError(
                error,
                "Topic {Topic} of {PubSub}: delivery of message {Message} failed",
                Subscription.Topic,
                Subscription.PubSubName,
                message.Id
            );
        }
        finally
        {
            queue.Settle(message, settlement);
            slots.Release();
        }
    }

    private async Task HandleBulkAsync(IReadOnlyList<QueuedMessage> messages)
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
            log.LogError(
                error,
                "Topic {Topic} of {PubSub}: bulk delivery of {Count} messages failed",
                Subscription.Topic,
                Subscription.PubSubName,
                messages.Count
            );
        }
        finally
        {
            foreach (var message in messages)
                queue.Settle(message, settlements.GetValueOrDefault(message, otherwise));
            slots.Release();
        }
    }
}
