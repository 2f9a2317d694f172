using System.Text.Json;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.Bindings;

/// <summary>/v1.0/bindings over HTTP.</summary>
internal sealed class BindingsHttp(BindingAccess bindings, int bodyLimitBytes)
{
    private static readonly string[] Verbs = ["POST", "PUT"];

    public void Map(IEndpointRouteBuilder routes) => routes.MapMethods("/v1.0/bindings/{name}", Verbs, (RequestDelegate)InvokeAsync);

    private async Task InvokeAsync(HttpContext http)
    {
        if (!Baggage.IsValid(http.Request.Headers["baggage"].ToString(), out var reason))
        {
            await HttpErrors.WriteTextAsync(http, StatusCodes.Status400BadRequest, $"invalid baggage header: {reason}\n").ConfigureAwait(false);
            return;
        }
        var body = await JsonBodies.ReadAsync<Body>(http, bodyLimitBytes, "failed deserializing HTTP body: ").ConfigureAwait(false);
        var data = body.Data.ValueKind is JsonValueKind.Undefined ? [] : System.Text.Encoding.UTF8.GetBytes(body.Data.GetRawText());
        var metadata = new Dictionary<string, string>(body.Metadata ?? [], StringComparer.Ordinal);
        var request = new BindingRequest(body.Operation ?? "", data, metadata, TraceContext.Of(http).Child().TraceParent);
        var answer = await bindings.InvokeAsync(RequestPath.Last(http), request, http.RequestAborted).ConfigureAwait(false);
        foreach (var (name, value) in answer.Metadata)
            http.Response.Headers[$"metadata.{name}"] = value;
        if (answer.Data is null)
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = answer.Data.Length;
        await http.Response.Body.WriteAsync(answer.Data, http.RequestAborted).ConfigureAwait(false);
    }

    private sealed record Body(string? Operation, JsonElement Data = default, Dictionary<string, string>? Metadata = null);
}
