using System.Collections.Immutable;
using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.PubSub.Brokers;
using Dapr.Embedded.PubSub.Delivery;
using Dapr.Embedded.PubSub.Routing;
using Grpc.Core;

namespace Dapr.Embedded.PubSub.Subscriptions;

/// <summary>SubscribeTopicEventsAlpha1: a subscription for as long as the client keeps its stream open.</summary>
internal sealed class StreamingSubscriptions(SidecarContext context, Func<CancellationToken, Task> changed, Func<IReadOnlyList<Subscription>> running)
{
    private readonly CancellationTokenSource closing = new();
    private ImmutableDictionary<string, (Subscription Subscription, StreamSubscriber Subscriber)> open = ImmutableDictionary<
        string,
        (Subscription, StreamSubscriber)
    >.Empty;

    public IEnumerable<Subscription> Open => open.Values.Select(one => one.Subscription);

    public StreamSubscriber? Find(Subscription subscription) => open.TryGetValue(subscription.Key, out var found) ? found.Subscriber : null;

    public void Map(GrpcMethods methods) =>
        methods.Duplex<SubscribeTopicEventsRequestAlpha1, SubscribeTopicEventsResponseAlpha1>("SubscribeTopicEventsAlpha1", ServeAsync);

    /// <summary>Ends all streams: the sidecar stops.</summary>
    public Task CloseAsync() => closing.CancelAsync();

    private async Task ServeAsync(
        IAsyncStreamReader<SubscribeTopicEventsRequestAlpha1> requests,
        IServerStreamWriter<SubscribeTopicEventsResponseAlpha1> responses,
        ServerCallContext call
    )
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, closing.Token);
        try
        {
            var subscription = await ReadFirstAsync(requests, ends.Token).ConfigureAwait(false);
            using var subscriber = new StreamSubscriber(responses, ends.Token);
            ImmutableInterlocked.TryAdd(ref open, subscription.Key, (subscription, subscriber));
            try
            {
                await changed(ends.Token).ConfigureAwait(false);
                if (running().All(one => one.Key != subscription.Key))
                    throw new RpcException(
                        new Status(StatusCode.Internal, $"failed to subscribe to topic {subscription.Topic} of pubsub {subscription.PubSubName}")
                    );
                await subscriber.OpenAsync(ends.Token).ConfigureAwait(false);
                await ReadAnswersAsync(requests, subscriber, ends.Token).ConfigureAwait(false);
            }
            finally
            {
                await ends.CancelAsync().ConfigureAwait(false);
                ImmutableInterlocked.TryRemove(ref open, subscription.Key, out _);
                await changed(CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The client went away, or the sidecar stops.
        }
        catch (IOException) when (call.CancellationToken.IsCancellationRequested)
        {
            // The connection broke.
        }
    }

    private async Task<Subscription> ReadFirstAsync(
        IAsyncStreamReader<SubscribeTopicEventsRequestAlpha1> requests,
        CancellationToken cancellationToken
    )
    {
        if (!await requests.MoveNext(cancellationToken).ConfigureAwait(false) || requests.Current.InitialRequest is not { } initial)
            throw new RpcException(new Status(StatusCode.InvalidArgument, "initial_request is required as the first message"));
        if (initial.PubsubName.Length == 0)
            throw PubSubErrors.NameEmpty();
        var broker =
            context.Components.Find<IBroker>(initial.PubsubName)
            ?? throw (context.Components.Any<IBroker>() ? PubSubErrors.NotFound(initial.PubsubName) : PubSubErrors.NotConfigured(initial.PubsubName));
        if (initial.Topic.Length == 0)
            throw PubSubErrors.TopicEmpty(initial.PubsubName);
        if (!broker.Scopes.MaySubscribe(initial.Topic))
            throw PubSubErrors.Forbidden(initial.PubsubName, initial.Topic, context.AppId);
        return new Subscription
        {
            Key = $"{SubscriptionType.Streaming}/{Guid.NewGuid():N}",
            Type = SubscriptionType.Streaming,
            PubSubName = initial.PubsubName,
            Topic = initial.Topic,
            Routes = RouteTable.Of("/"),
            DeadLetterTopic = initial.DeadLetterTopic,
            Metadata = initial.Metadata.ToDictionary(),
        };
    }

    private static async Task ReadAnswersAsync(
        IAsyncStreamReader<SubscribeTopicEventsRequestAlpha1> requests,
        StreamSubscriber subscriber,
        CancellationToken cancellationToken
    )
    {
        while (await requests.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            if (requests.Current.EventProcessed is not { } processed)
                throw new RpcException(
                    new Status(StatusCode.InvalidArgument, "duplicate initial_request: only event_processed may follow the first message")
                );
            subscriber.Answered(
                processed.Id,
                processed.Status?.Status ?? AppCallback.Autogen.Grpc.v1.TopicEventResponse.Types.TopicEventResponseStatus.Success
            );
        }
    }
}
