using System.Threading.Channels;

namespace Dapr.Embedded.PubSub.Brokers.InMemory;

/// <summary>The messages of one topic that wait for one consumer; failed ones come back after their pause.</summary>
internal sealed class MemoryQueue(string consumer, TimeProvider time)
{
    private readonly Channel<QueuedMessage> ready = Channel.CreateUnbounded<QueuedMessage>();

    public string Consumer => consumer;

    /// <summary>Readers that share the queue; the bus counts them.</summary>
    public int Readers { get; set; }

    public ChannelReader<QueuedMessage> Ready => ready.Reader;

    public void Add(QueuedMessage message) => ready.Writer.TryWrite(message);

    public async Task AddLaterAsync(QueuedMessage message, CancellationToken cancellationToken)
    {
        await Task.Delay(Redelivery.PauseAfter(message.Delivery), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Add(message with { Delivery = message.Delivery + 1 });
    }
}
