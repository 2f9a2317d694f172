using System.Collections.Concurrent;

namespace Dapr.Embedded.PubSub.Brokers.InMemory;

/// <summary>One reader of a queue; what it received and did not settle goes back to the queue when it closes.</summary>
internal sealed class MemoryReader(MemoryQueue queue, Action close) : IBrokerQueue
{
    private readonly ConcurrentDictionary<string, QueuedMessage> open = new();
    private readonly CancellationTokenSource closing = new();

    public async ValueTask<IReadOnlyList<QueuedMessage>> ReceiveAsync(int atMost, CancellationToken cancellationToken)
    {
        var received = new List<QueuedMessage> { await queue.Ready.ReadAsync(cancellationToken).ConfigureAwait(false) };
        while (received.Count < atMost && queue.Ready.TryRead(out var next))
            received.Add(next);
        foreach (var message in received)
            open[message.Id] = message;
        return received;
    }

    public void Settle(QueuedMessage message, Settlement settlement)
    {
        if (!open.TryRemove(message.Id, out _))
            return;
        if (settlement == Settlement.Redeliver)
            _ = queue.AddLaterAsync(message, closing.Token);
        else if (settlement == Settlement.Return)
            queue.Add(message);
    }

    public ValueTask DisposeAsync()
    {
        foreach (var message in open.Values)
            Settle(message, Settlement.Return);
        close();
        closing.Cancel();
        closing.Dispose();
        return ValueTask.CompletedTask;
    }
}
