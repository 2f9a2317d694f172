using Dapr.Embedded.Components;

namespace Dapr.Embedded.PubSub.Brokers.InMemory;

/// <summary>
/// <c>pubsub.in-memory</c>: nothing survives the process, topics without a subscriber forget what is published. Unlike daprd's, it is
/// shared by the sidecars of a process and brings back failed messages. Metadata <c>concurrency</c> (default 1, which keeps the order).
/// </summary>
internal sealed class InMemoryBroker(MemoryBus bus, string consumer, int concurrency, TopicScopes scopes) : IBroker
{
    public const string TypeName = "pubsub.in-memory";

    public static ComponentType Type { get; } =
        new(
            TypeName,
            (spec, context, _) =>
            {
                var bus = context.Shared.GetOrAdd(spec.Name, () => new MemoryBus(context.Time));
                return Task.FromResult<IComponent>(
                    new InMemoryBroker(
                        bus,
                        spec.Metadata.Text("consumerID") ?? context.AppId,
                        Math.Max(1, spec.Metadata.Whole("concurrency", 1)),
                        new TopicScopes(spec.Metadata, context.AppId)
                    )
                );
            }
        );

    public IReadOnlyList<string> Capabilities => [];

    public int Concurrency => concurrency;

    public TopicScopes Scopes => scopes;

    public Task PublishAsync(IReadOnlyList<BrokerMessage> messages, CancellationToken cancellationToken)
    {
        foreach (var message in messages)
            bus.Publish(message);
        return Task.CompletedTask;
    }

    public Task<IBrokerQueue> SubscribeAsync(string topic, string subscription, CancellationToken cancellationToken) =>
        Task.FromResult(bus.Open(topic, $"{consumer}/{subscription}"));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
