using Dapr.Client.Autogen.Grpc.v1;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Dapr.Embedded.PubSub.Publishing;

/// <summary>PublishEvent and BulkPublishEvent of the gRPC API.</summary>
internal sealed class PublishMethods(SidecarContext context, Publisher publisher)
{
    public void Map(GrpcMethods methods)
    {
        methods.Unary<PublishEventRequest, Empty>("PublishEvent", PublishAsync);
        methods.Unary<BulkPublishRequest, BulkPublishResponse>("BulkPublishEvent", PublishBulkAsync);
        methods.Unary<BulkPublishRequest, BulkPublishResponse>("BulkPublishEventAlpha1", PublishBulkAsync);
    }

    private async Task<Empty> PublishAsync(PublishEventRequest request, ServerCallContext call)
    {
        var published = new PublishedEvent(request.Data.Memory, request.DataContentType, request.Metadata.ToDictionary());
        await publisher
            .PublishAsync(request.PubsubName, request.Topic, published, TraceContext.Of(call.GetHttpContext()), call.CancellationToken)
            .ConfigureAwait(false);
        return new Empty();
    }

    private async Task<BulkPublishResponse> PublishBulkAsync(BulkPublishRequest request, ServerCallContext call)
    {
        publisher.Open(request.PubsubName, request.Topic);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        if (request.Entries.Any(entry => entry.EntryId.Length == 0 || !ids.Add(entry.EntryId)))
            throw PubSubErrors.BulkEntryId(request.PubsubName, request.Topic, context.AppId);
        var answer = new BulkPublishResponse();
        try
        {
            await publisher
                .PublishBulkAsync(
                    request.PubsubName,
                    request.Topic,
                    [.. request.Entries.Select(entry => Event(request, entry))],
                    TraceContext.Of(call.GetHttpContext()),
                    call.CancellationToken
                )
                .ConfigureAwait(false);
        }
        catch (DaprApiException error) when (error.ErrorCode == "ERR_PUBSUB_PUBLISH_MESSAGE")
        {
            answer.FailedEntries.AddRange(
                request.Entries.Select(entry => new BulkPublishResponseFailedEntry { EntryId = entry.EntryId, Error = error.Message })
            );
        }
        return answer;
    }

    private static PublishedEvent Event(BulkPublishRequest request, BulkPublishRequestEntry entry)
    {
        var metadata = request.Metadata.ToDictionary();
        foreach (var (key, value) in entry.Metadata)
            metadata[key] = value;
        return new PublishedEvent(entry.Event.Memory, entry.ContentType, metadata);
    }
}
