using System.Collections.Immutable;

namespace Dapr.Embedded.PubSub.Brokers.InMemory;

/// <summary>The topics of an in-memory component; all sidecars of a process that have a component of that name share one.</summary>
internal sealed class MemoryBus(TimeProvider time)
{
    private readonly Lock gate = new();
    private ImmutableDictionary<string, ImmutableList<MemoryQueue>> topics = ImmutableDictionary<string, ImmutableList<MemoryQueue>>.Empty;

    public void Publish(BrokerMessage message)
    {
        if (!topics.TryGetValue(message.Topic, out var queues))
            return;
        var id = Guid.NewGuid().ToString("N");
        foreach (var queue in queues)
            queue.Add(new QueuedMessage(id, message, Delivery: 1));
    }

    /// <summary>Readers of one topic and consumer share a queue: each message goes to one of them.</summary>
    public IBrokerQueue Open(string topic, string consumer)
    {
        lock (gate)
        {
            var queues = topics.GetValueOrDefault(topic, []);
            var queue = queues.Find(one => one.Consumer == consumer);
            if (queue is null)
            {
                queue = new MemoryQueue(consumer, time);
                topics = topics.SetItem(topic, queues.Add(queue));
            }
            queue.Readers++;
            return new MemoryReader(queue, () => Close(topic, queue));
        }
    }

    private void Close(string topic, MemoryQueue queue)
    {
        lock (gate)
        {
            if (--queue.Readers == 0)
                topics = topics.SetItem(topic, topics[topic].Remove(queue));
        }
    }
}
