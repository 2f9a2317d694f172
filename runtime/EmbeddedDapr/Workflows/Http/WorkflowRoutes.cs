using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;

namespace Dapr.Embedded.Workflows.Http;

/// <summary>The routes under /v1.0/workflows/{component} and the same under the older versions; the component's name is not looked at.</summary>
internal static class WorkflowRoutes
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Map(IEndpointRouteBuilder routes, WorkflowApi api, int largestBodyBytes)
    {
        foreach (var version in new[] { "v1.0", "v1.0-beta1", "v1.0-alpha1" })
        {
            var root = $"/{version}/workflows/{{component}}";
            routes.MapGet($"{root}/{{id}}", (RequestDelegate)(http => GetAsync(http, api)));
            routes.MapPost($"{root}/{{id}}/raiseEvent/{{name}}", (RequestDelegate)(http => RaiseAsync(http, api, largestBodyBytes)));
            routes.MapPost($"{root}/{{id}}/{{verb}}", (RequestDelegate)(http => PostAsync(http, api, largestBodyBytes)));
        }
    }

    private static Task GetAsync(HttpContext http, WorkflowApi api)
    {
        var view = api.Get(Segment(http, 1));
        return WriteAsync(
            http,
            StatusCodes.Status200OK,
            json =>
            {
                json.WriteString("instanceID", view.InstanceId);
                json.WriteString("workflowName", view.Start.ExecutionStarted.Name);
                json.WriteString("createdAt", Time(view.Start.Timestamp));
                json.WriteString("lastUpdatedAt", Time(view.LastUpdated));
                json.WriteString("runtimeStatus", WorkflowProperties.Status(view));
                json.WriteStartObject("properties");
                foreach (var (name, value) in WorkflowProperties.Of(view))
                    json.WriteString(name, value);
                json.WriteEndObject();
            }
        );
    }

    private static async Task RaiseAsync(HttpContext http, WorkflowApi api, int largestBodyBytes)
    {
        if (Segment(http, 2) != "raiseEvent")
        {
            await HttpApi.NoRoute(http).ConfigureAwait(false);
            return;
        }
        var body = await BodyAsync(http, largestBodyBytes).ConfigureAwait(false);
        await api.RaiseAsync(Segment(http, 3), Segment(http, 1), body, http.RequestAborted).ConfigureAwait(false);
        await WriteAsync(http, StatusCodes.Status202Accepted, _ => { }).ConfigureAwait(false);
    }

    private static async Task PostAsync(HttpContext http, WorkflowApi api, int largestBodyBytes)
    {
        var id = Segment(http, 2);
        Func<Task>? call = Segment(http, 1) switch
        {
            "terminate" => () => api.TerminateAsync(id, http.RequestAborted),
            "pause" => () => api.PauseAsync(id, http.RequestAborted),
            "resume" => () => api.ResumeAsync(id, http.RequestAborted),
            "purge" => () => api.PurgeAsync(id, http.RequestAborted),
            "start" => () => StartAsync(http, api, id, largestBodyBytes),
            _ => null,
        };
        if (call is null)
        {
            await HttpApi.NoRoute(http).ConfigureAwait(false);
            return;
        }
        if (Segment(http, 1) != "start")
            CheckEmptyOrObject(await BodyAsync(http, largestBodyBytes).ConfigureAwait(false));
        await call().ConfigureAwait(false);
        if (!http.Response.HasStarted)
            await WriteAsync(http, StatusCodes.Status202Accepted, _ => { }).ConfigureAwait(false);
    }

    private static async Task StartAsync(HttpContext http, WorkflowApi api, string name, int largestBodyBytes)
    {
        var input = await BodyAsync(http, largestBodyBytes).ConfigureAwait(false);
        var id = await api.StartAsync(name, QueryValue(http, "instanceID"), input, null, http.RequestAborted).ConfigureAwait(false);
        await WriteAsync(http, StatusCodes.Status202Accepted, json => json.WriteString("instanceID", id)).ConfigureAwait(false);
    }

    /// <summary>The n-th segment of the path from its end, every escape decoded; routing leaves an escaped slash as it is.</summary>
    private static string Segment(HttpContext http, int fromEnd)
    {
        var target = http.Features.Get<IHttpRequestFeature>()!.RawTarget.AsSpan();
        if (target.IndexOf('?') is >= 0 and var query)
            target = target[..query];
        var segments = target.ToString().Split('/', StringSplitOptions.RemoveEmptyEntries);
        return Uri.UnescapeDataString(segments[^fromEnd]);
    }

    /// <summary>A query parameter; unlike ASP.NET Core, daprd minds the case of its name.</summary>
    private static string QueryValue(HttpContext http, string name)
    {
        foreach (var pair in new QueryStringEnumerable(http.Request.QueryString.Value))
        {
            if (pair.DecodeName().Span.SequenceEqual(name))
                return pair.DecodeValue().ToString();
        }
        return "";
    }

    private static async Task<string> BodyAsync(HttpContext http, int largestBytes)
    {
        try
        {
            return Encoding.UTF8.GetString((await RequestBody.ReadAsync(http, largestBytes).ConfigureAwait(false)).Span);
        }
        catch (BodyTooLargeException error)
        {
            throw DaprApiException.MalformedRequest($"failed to read the request body: {error.Message}");
        }
    }

    private static void CheckEmptyOrObject(string body)
    {
        if (body.Length == 0)
            return;
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
                return;
        }
        catch (JsonException)
        {
            // Told below.
        }
        throw new DaprApiException(
            400,
            StatusCode.InvalidArgument,
            "ERR_MALFORMED_REQUEST",
            $"failed deserializing HTTP body: proto: unexpected token {body[..Math.Min(body.Length, 20)]}; nothing or a JSON object would be right"
        );
    }

    private static async Task WriteAsync(HttpContext http, int status, Action<Utf8JsonWriter> content)
    {
        using var buffer = new MemoryStream();
        await using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = buffer.Length;
        await http.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), http.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>RFC 3339 with as many fraction digits as there are.</summary>
    private static string Time(Timestamp at) => at.ToString().Trim('"');
}
