using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Embedded.App;
using Dapr.Embedded.Hosting;
using Dapr.Embedded.PubSub.Events;
using Dapr.Embedded.Resiliency;
using Grpc.Core;
using Status = Dapr.AppCallback.Autogen.Grpc.v1.TopicEventResponse.Types.TopicEventResponseStatus;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>Calls a gRPC app's OnTopicEvent and OnBulkTopicEvent.</summary>
internal sealed class GrpcSubscriber(AppChannel app, string? appToken) : ISubscriber
{
    private bool onlyOldBulk;

    public async Task<Attempt<Verdict>> SendAsync(EventDelivery delivery, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await CallAsync(AppCallbackMethods.OnTopicEvent, TopicEvents.Request(delivery), delivery, cancellationToken)
                .ConfigureAwait(false);
            var verdict = ToVerdict(answer.Status);
            return new(verdict, verdict == Verdict.Retry ? new Failure($"the app answered {answer.Status}") : null);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Unimplemented)
        {
            return Verdict.Ignored;
        }
        catch (RpcException error) when (!cancellationToken.IsCancellationRequested)
        {
            return new(Verdict.Retry, ToFailure(error));
        }
        catch (RpcException error)
        {
            throw new OperationCanceledException(error.Message, error, cancellationToken);
        }
    }

    public async Task<Attempt<IReadOnlyDictionary<string, Verdict>>> SendBulkAsync(
        IReadOnlyList<EventDelivery> deliveries,
        CancellationToken cancellationToken
    )
    {
        var first = deliveries[0];
        var request = new TopicEventBulkRequest
        {
            Id = Guid.NewGuid().ToString(),
            Topic = first.Subscription.Topic,
            PubsubName = first.Subscription.PubSubName,
            Type = EventFields.BulkType,
            Path = first.Path,
            Metadata = { ["pubsubName"] = first.Subscription.PubSubName },
            Entries = { deliveries.Select(TopicEvents.Entry) },
        };
        try
        {
            var answer = await CallBulkAsync(request, first, cancellationToken).ConfigureAwait(false);
            return answer.Statuses.GroupBy(status => status.EntryId).ToDictionary(group => group.Key, group => ToVerdict(group.Last().Status));
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Unimplemented)
        {
            return deliveries.ToDictionary(delivery => delivery.EntryId, _ => Verdict.Ignored);
        }
        catch (RpcException error) when (!cancellationToken.IsCancellationRequested)
        {
            return new(null, ToFailure(error));
        }
        catch (RpcException error)
        {
            throw new OperationCanceledException(error.Message, error, cancellationToken);
        }
    }

    private async Task<TopicEventBulkResponse> CallBulkAsync(TopicEventBulkRequest request, EventDelivery first, CancellationToken cancellationToken)
    {
        if (!onlyOldBulk)
        {
            try
            {
                return await CallAsync(AppCallbackMethods.OnBulkTopicEvent, request, first, cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unimplemented)
            {
                onlyOldBulk = true;
            }
        }
        return await CallAsync(AppCallbackMethods.OnBulkTopicEventAlpha1, request, first, cancellationToken).ConfigureAwait(false);
    }

    private async Task<TResponse> CallAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        TRequest request,
        EventDelivery delivery,
        CancellationToken cancellationToken
    )
        where TRequest : class
        where TResponse : class
    {
        var options = new CallOptions(Headers(delivery), cancellationToken: cancellationToken);
        return await app.LimitAsync(
                async () =>
                {
                    using var call = app.Grpc.CreateCallInvoker().AsyncUnaryCall(method, null, options, request);
                    return await call.ResponseAsync.ConfigureAwait(false);
                },
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    private Metadata Headers(EventDelivery delivery)
    {
        var headers = new Metadata();
        foreach (var (name, value) in EventHeaders.Of(delivery))
        {
            if (GrpcHeaders.IsName(name))
                headers.Add(name.ToLowerInvariant(), value);
        }
        if (!string.IsNullOrEmpty(appToken))
            headers.Add(ApiPipeline.TokenHeader, appToken);
        return headers;
    }

    private static Verdict ToVerdict(Status status) =>
        status switch
        {
            Status.Success => Verdict.Success,
            Status.Drop => Verdict.Drop,
            _ => Verdict.Retry,
        };

    private static Failure ToFailure(RpcException error) =>
        new($"the app answered {error.StatusCode}: {error.Status.Detail}", GrpcStatus: (int)error.StatusCode);
}
