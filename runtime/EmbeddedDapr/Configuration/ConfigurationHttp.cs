using System.Text.Json;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Dapr.Embedded.Configuration;

/// <summary>/v1.0/configuration (also alpha1) over HTTP; changes are POSTed to the app at /configuration/{store}/{key}.</summary>
internal sealed class ConfigurationHttp(SidecarContext context, ConfigurationAccess configuration)
{
    private readonly ILogger log = context.LoggerFactory.CreateLogger<ConfigurationHttp>();

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in new[] { "v1.0", "v1.0-alpha1" })
        {
            routes.MapGet($"/{version}/configuration/{{store}}", (RequestDelegate)GetAsync);
            routes.MapGet($"/{version}/configuration/{{store}}/subscribe", (RequestDelegate)SubscribeAsync);
            routes.MapGet($"/{version}/configuration/{{store}}/{{id}}/unsubscribe", (RequestDelegate)UnsubscribeAsync);
        }
    }

    private async Task GetAsync(HttpContext http)
    {
        var items = await configuration.GetAsync(Store(http), Keys(http), http.RequestAborted).ConfigureAwait(false);
        if (items.Count == 0)
            http.Response.StatusCode = StatusCodes.Status204NoContent;
        else
            await WriteAsync(http, json => WriteItems(json, items)).ConfigureAwait(false);
    }

    private async Task SubscribeAsync(HttpContext http)
    {
        if (context.App.Port is null)
            throw new DaprApiException(
                500,
                Grpc.Core.StatusCode.Internal,
                "ERR_APP_CHANNEL_NIL",
                "app channel is not initialized. cannot subscribe to configuration updates"
            );
        var store = Store(http);
        var id = await configuration
            .SubscribeAsync(store, Keys(http), (id, items) => TellAsync(store, id, items), () => { }, http.RequestAborted)
            .ConfigureAwait(false);
        await WriteAsync(
                http,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("id", id);
                    json.WriteEndObject();
                }
            )
            .ConfigureAwait(false);
    }

    private async Task UnsubscribeAsync(HttpContext http)
    {
        var segments = RequestPath.Segments(http);
        var known = await configuration.UnsubscribeAsync(segments[2], segments[3]).ConfigureAwait(false);
        if (!known)
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        await WriteAsync(
                http,
                json =>
                {
                    json.WriteStartObject();
                    if (known)
                        json.WriteBoolean("ok", true);
                    else
                        json.WriteString(
                            "message",
                            $"failed to unsubscribe to configuration request {segments[3]}: subscription with id {segments[3]} does not exist"
                        );
                    json.WriteEndObject();
                }
            )
            .ConfigureAwait(false);
    }

    /// <summary>One POST for each item, as daprd does; what the app answers changes nothing.</summary>
    private async Task TellAsync(string store, string id, IReadOnlyDictionary<string, ConfigurationItem> items)
    {
        foreach (var (key, item) in items)
        {
            using var request = context.App.Request(HttpMethod.Post, $"/configuration/{Uri.EscapeDataString(store)}/{Uri.EscapeDataString(key)}");
            request.Content = new ByteArrayContent(
                Json(json =>
                {
                    json.WriteStartObject();
                    json.WriteString("id", id);
                    json.WritePropertyName("items");
                    WriteItems(json, new Dictionary<string, ConfigurationItem> { [key] = item });
                    json.WriteEndObject();
                })
            );
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            request.Headers.TryAddWithoutValidation("traceparent", TraceContext.New(context.Resources.Configuration).TraceParent);
            try
            {
                using var answer = await context.App.SendAsync(request, CancellationToken.None).ConfigureAwait(false);
                if (!answer.IsSuccessStatusCode)
                    log.LogWarning(
                        "{AppId}: the app answered {Status} to a change of {Key} in {Store}",
                        context.AppId,
                        (int)answer.StatusCode,
                        key,
                        store
                    );
            }
            catch (HttpRequestException error)
            {
                log.LogWarning("{AppId}: a change of {Key} in {Store} did not reach the app: {Reason}", context.AppId, key, store, error.Message);
            }
        }
    }

    private static string Store(HttpContext http) => RequestPath.Segments(http)[2];

    private static string[] Keys(HttpContext http) => [.. http.Request.Query["key"].Where(key => !string.IsNullOrEmpty(key)).Select(key => key!)];

    private static void WriteItems(Utf8JsonWriter json, IReadOnlyDictionary<string, ConfigurationItem> items)
    {
        json.WriteStartObject();
        foreach (var (key, item) in items.OrderBy(item => item.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject(key);
            if (item.Value.Length > 0)
                json.WriteString("value", item.Value);
            if (item.Version.Length > 0)
                json.WriteString("version", item.Version);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
            write(json);
        return buffer.ToArray();
    }

    private static async Task WriteAsync(HttpContext http, Action<Utf8JsonWriter> write)
    {
        var body = Json(write);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted).ConfigureAwait(false);
    }
}
