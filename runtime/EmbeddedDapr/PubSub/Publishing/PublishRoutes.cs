using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.PubSub.Publishing;

/// <summary><c>/v1.0/publish/{pubsub}/{topic}</c> and its bulk form.</summary>
internal sealed class PublishRoutes(SidecarContext context, Publisher publisher)
{
    private static readonly string[] Verbs = ["POST", "PUT"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/v1.0/publish/{pubsub}/{**topic}", Verbs, (RequestDelegate)PublishAsync);
        routes.MapMethods("/v1.0/publish/bulk/{pubsub}/{**topic}", Verbs, (RequestDelegate)PublishBulkAsync);
        routes.MapMethods("/v1.0-alpha1/publish/bulk/{pubsub}/{**topic}", Verbs, (RequestDelegate)PublishBulkAsync);
    }

    private Task PublishAsync(HttpContext http)
    {
        var (pubsubName, topic) = Names(http, after: 2);
        return topic.Length == 0 ? HttpApi.NoRoute(http) : PublishAsync(http, pubsubName, topic);
    }

    private async Task PublishAsync(HttpContext http, string pubsubName, string topic)
    {
        publisher.Open(pubsubName, topic);
        var body = await ReadAsync(http, pubsubName, topic).ConfigureAwait(false);
        var published = new PublishedEvent(body, http.Request.ContentType ?? "", RequestMetadata.Of(http));
        await publisher.PublishAsync(pubsubName, topic, published, TraceContext.Of(http), http.RequestAborted).ConfigureAwait(false);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task PublishBulkAsync(HttpContext http)
    {
        var (pubsubName, topic) = Names(http, after: 3);
        if (topic.Length == 0)
        {
            // /publish/bulk/x: without a topic, "bulk" is the name of the component and x the topic.
            await PublishAsync(http, "bulk", pubsubName).ConfigureAwait(false);
            return;
        }
        publisher.Open(pubsubName, topic);
        var entries = BulkEntries.Read(
            await ReadAsync(http, pubsubName, topic).ConfigureAwait(false),
            RequestMetadata.Of(http),
            pubsubName,
            topic,
            context.AppId
        );
        try
        {
            await publisher
                .PublishBulkAsync(pubsubName, topic, [.. entries.Select(entry => entry.Event)], TraceContext.Of(http), http.RequestAborted)
                .ConfigureAwait(false);
            http.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (DaprApiException error) when (error.ErrorCode == "ERR_PUBSUB_PUBLISH_MESSAGE")
        {
            http.Response.StatusCode = error.HttpStatus;
            http.Response.ContentType = "application/json";
            await http.Response.Body.WriteAsync(BulkEntries.WriteFailed(entries, error), http.RequestAborted).ConfigureAwait(false);
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext http, string pubsubName, string topic)
    {
        try
        {
            return await RequestBody.ReadAsync(http, context.Options.MaxBodySizeBytes).ConfigureAwait(false);
        }
        catch (BodyTooLargeException error)
        {
            throw PubSubErrors.Publish(pubsubName, topic, error.Message);
        }
    }

    /// <summary>What follows the given number of path segments: the component, and the topic, which may have slashes.</summary>
    private static (string PubSubName, string Topic) Names(HttpContext http, int after)
    {
        var segments = RequestPath.Segments(http).Skip(after).ToList();
        return (segments.FirstOrDefault() ?? "", string.Join('/', segments.Skip(1)));
    }
}
