using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>
/// Unwraps CloudEvents. What calls itself one and is none can never be handled: of a topic it goes to the <see cref="DeadLetters"/>, on any other
/// route it is a bad request.
/// </summary>
internal static class CheckedCloudEvents
{
    private const string MediaType = "application/cloudevents+json";

    private static readonly object Unwrapped = new();

    public static void UseCheckedCloudEvents(this WebApplication app)
    {
        app.Use(RefuseMalformedAsync);
        app.UseCloudEvents();
        app.Use(
            (context, next) =>
            {
                context.Items[Unwrapped] = true;
                return next(context);
            }
        );
    }

    private static async Task RefuseMalformedAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.ContentType?.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase) != true)
        {
            await next(context);
            return;
        }
        var contentType = context.Request.ContentType;
        var content = await RequestBody.ReadAsync(context.Request, context.RequestAborted);
        context.Request.Body = new MemoryStream(content.ToArray(), writable: false);
        try
        {
            await next(context);
        }
        catch (Exception e) when (e is not OperationCanceledException && !context.Items.ContainsKey(Unwrapped) && !context.Response.HasStarted)
        {
            await RefuseAsync(context, contentType, content, $"not a CloudEvent: {e.Message}");
        }
    }

    private static async Task RefuseAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> content, string reason)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<ITopicMetadata>() is { } topic)
        {
            var deadLetters = context.RequestServices.GetRequiredService<DeadLetters>();
            await deadLetters.PutAsync(topic.Name, reason, contentType, content, context.RequestAborted);
            context.Response.StatusCode = StatusCodes.Status200OK;
            return;
        }
        await Results.Problem(reason, statusCode: StatusCodes.Status400BadRequest).ExecuteAsync(context);
    }
}
