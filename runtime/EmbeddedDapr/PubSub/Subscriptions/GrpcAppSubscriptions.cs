using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.PubSub.Delivery;
using Dapr.Embedded.PubSub.Routing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.PubSub.Subscriptions;

/// <summary>Asks a gRPC app for its subscriptions.</summary>
internal sealed class GrpcAppSubscriptions(SidecarContext context, ILogger log)
{
    public async Task<IReadOnlyList<Subscription>> AskAsync(CancellationToken cancellationToken)
    {
        var headers = new Metadata();
        if (context.Options.AppApiToken is { Length: > 0 } token)
            headers.Add(ApiPipeline.TokenHeader, token);
        try
        {
            using var call = context
                .App.Grpc.CreateCallInvoker()
                .AsyncUnaryCall(
                    AppCallbackMethods.ListTopicSubscriptions,
                    null,
                    new CallOptions(headers, cancellationToken: cancellationToken).WithWaitForReady(),
                    new Empty()
                );
            var answer = await call.ResponseAsync.ConfigureAwait(false);
            return [.. answer.Subscriptions.Select(Read).OfType<Subscription>()];
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Unimplemented)
        {
            return [];
        }
        catch (RpcException error) when (!cancellationToken.IsCancellationRequested)
        {
            log.LogError("{AppId}: ListTopicSubscriptions failed, the app gets no events: {Status}", context.AppId, error.Status);
            return [];
        }
    }

    private Subscription? Read(TopicSubscription given)
    {
        try
        {
            var rules = given.Routes?.Rules.Select(rule => ((string?)rule.Match, rule.Path)) ?? [];
            var routes = given.Routes is null ? RouteTable.Of("") : RouteTable.Of(rules, given.Routes.Default);
            return new Subscription
            {
                Key = $"{SubscriptionType.Programmatic}/app/{given}",
                Type = SubscriptionType.Programmatic,
                PubSubName = given.PubsubName,
                Topic = given.Topic,
                Routes = routes,
                DeadLetterTopic = given.DeadLetterTopic,
                Metadata = given.Metadata.ToDictionary(),
                Bulk = given.BulkSubscribe is { Enabled: true } bulk ? BulkSubscribe.Of(bulk.MaxMessagesCount, bulk.MaxAwaitDurationMs) : null,
            };
        }
        catch (FormatException error)
        {
            log.LogError(
                "{AppId}: the subscription to {Topic} of {PubSub} is left out: {Reason}",
                context.AppId,
                given.Topic,
                given.PubsubName,
                error.Message
            );
            return null;
        }
    }
}
