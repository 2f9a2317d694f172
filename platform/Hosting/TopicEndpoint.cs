using Dapr.Anomaly.Platform.Messages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>
/// Subscribes to a topic. What can never succeed (<see cref="MessageException"/>, from reading the message or from handling it) goes to
/// <see cref="DeadLetters"/> at once; any other exception makes the broker deliver the message again.
/// </summary>
public static class TopicEndpoint
{
    /// <param name="read">Makes a message of content type and bytes; throws <see cref="MessageException"/> when they are none.</param>
    public static void MapTopic<T>(
        this IEndpointRouteBuilder routes,
        string path,
        string topic,
        Func<string?, ReadOnlyMemory<byte>, T> read,
        Func<IServiceProvider, T, CancellationToken, Task> handle
    ) =>
        routes
            .MapPost(
                path,
                async (HttpContext context) =>
                {
                    var cancellationToken = context.RequestAborted;
                    var content = await RequestBody.ReadAsync(context.Request, cancellationToken);
                    try
                    {
                        await handle(context.RequestServices, read(context.Request.ContentType, content), cancellationToken);
                    }
                    catch (MessageException e)
                    {
                        var deadLetters = context.RequestServices.GetRequiredService<DeadLetters>();
                        await deadLetters.PutAsync(topic, e.Message, context.Request.ContentType, content, cancellationToken);
                    }
                    return Results.Ok();
                }
            )
            .WithTopic(
                new TopicOptions
                {
                    PubsubName = Topics.PubSub,
                    Name = topic,
                    DeadLetterTopic = Topics.DeadLetters,
                }
            );
}
