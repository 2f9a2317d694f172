using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Dapr.Embedded.PubSub.Brokers.Redis;

/// <summary>
/// The messages of one stream for one group. What is not acknowledged stays pending in Redis, and is taken over when it is idle for too long.
/// </summary>
internal sealed class RedisQueue(IDatabase database, string topic, RedisSettings settings, TimeProvider time, ILogger log) : IBrokerQueue
{
    /// <summary>The client cannot wait inside Redis, so it asks again.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    /// <summary>Idle time that makes a message due for whoever looks next.</summary>
    private static readonly TimeSpan LongIdle = TimeSpan.FromHours(24);

    private readonly ConcurrentQueue<QueuedMessage> ready = new();
    private readonly ConcurrentDictionary<string, QueuedMessage> held = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim reading = new(1);
    private readonly CancellationTokenSource closing = new();
    private long lastTakeOver;

    public async ValueTask<IReadOnlyList<QueuedMessage>> ReceiveAsync(int atMost, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Take(atMost) is { Count: > 0 } received)
                return received;
            await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (!ready.IsEmpty)
                    continue;
                await TakeOverAsync().ConfigureAwait(false);
                var entries = await database
                    .StreamReadGroupAsync(topic, settings.Consumer, settings.Consumer, StreamPosition.NewMessages, settings.QueueDepth)
                    .ConfigureAwait(false);
                foreach (var entry in entries)
                    Hold(entry, delivery: 1);
                if (ready.IsEmpty)
                    await Task.Delay(Look, time, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                reading.Release();
            }
        }
    }

    public void Settle(QueuedMessage message, Settlement settlement)
    {
        switch (settlement)
        {
            case Settlement.Done when held.TryRemove(message.Id, out _):
                _ = LogFailureAsync(database.StreamAcknowledgeAsync(topic, settings.Consumer, message.Id));
                break;
            case Settlement.Redeliver:
                _ = ComeBackAsync(message);
                break;
            case Settlement.Return:
                ready.Enqueue(message);
                break;
        }
    }

    /// <summary>What is still held becomes due for the next one that looks for abandoned messages.</summary>
    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync().ConfigureAwait(false);
        await reading.WaitAsync().ConfigureAwait(false);
        var ids = held.Keys.ToList();
        if (ids.Count > 0)
        {
            await LogFailureAsync(
                    database.ExecuteAsync(
                        "XCLAIM",
                        [topic, settings.Consumer, settings.Consumer, 0, .. ids, "IDLE", (long)LongIdle.TotalMilliseconds, "JUSTID"]
                    )
                )
                .ConfigureAwait(false);
        }
        reading.Release();
    }

    private List<QueuedMessage> Take(int atMost)
    {
        var received = new List<QueuedMessage>();
        while (received.Count < atMost && ready.TryDequeue(out var message))
            received.Add(message);
        return received;
    }

    private async Task ComeBackAsync(QueuedMessage message)
    {
        try
        {
            await Task.Delay(Redelivery.PauseAfter(message.Delivery), time, closing.Token).ConfigureAwait(false);
            ready.Enqueue(message with { Delivery = message.Delivery + 1 });
        }
        catch (OperationCanceledException)
        {
            // Closing: Redis still has it pending.
        }
    }

    /// <summary>Messages that some consumer of the group received long ago and did not settle: its process is gone.</summary>
    private async Task TakeOverAsync()
    {
        if (settings.ProcessingTimeout <= TimeSpan.Zero || settings.RedeliverInterval <= TimeSpan.Zero)
            return;
        if (lastTakeOver != 0 && time.GetElapsedTime(lastTakeOver) < settings.RedeliverInterval)
            return;
        lastTakeOver = time.GetTimestamp();
        var taken = await database
            .StreamAutoClaimAsync(
                topic,
                settings.Consumer,
                settings.Consumer,
                (long)settings.ProcessingTimeout.TotalMilliseconds,
                StreamPosition.Beginning,
                settings.QueueDepth
            )
            .ConfigureAwait(false);
        foreach (var entry in taken.ClaimedEntries)
            Hold(entry, delivery: 2);
    }

    private void Hold(StreamEntry entry, int delivery)
    {
        if (entry.IsNull)
            return;
        var metadata = entry[RedisBroker.MetadataField];
        var message = new BrokerMessage(
            topic,
            (byte[]?)entry[RedisBroker.DataField] ?? [],
            metadata.IsNullOrEmpty ? BrokerMessage.NoMetadata : Metadata(metadata!)
        );
        var queued = new QueuedMessage(entry.Id!, message, delivery);
        if (held.TryAdd(queued.Id, queued))
            ready.Enqueue(queued);
    }

    private static IReadOnlyDictionary<string, string> Metadata(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(json) ?? BrokerMessage.NoMetadata;
        }
        catch (JsonException)
        {
            // Another program's field of the same name.
            return BrokerMessage.NoMetadata;
        }
    }

    private async Task LogFailureAsync(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            log.LogWarning("Topic {Topic}: Redis did not take a settlement, the message will come again: {Reason}", topic, error.Message);
        }
    }
}
