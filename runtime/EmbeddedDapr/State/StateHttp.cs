using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Dapr.Embedded.Errors;
using Dapr.Embedded.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dapr.Embedded.State;

/// <summary>/v1.0/state over HTTP.</summary>
internal sealed class StateHttp(StateAccess state, int bodyLimitBytes)
{
    private const string BadBody = "failed deserializing HTTP body: ";
    private static readonly string[] WriteVerbs = ["POST", "PUT"];
    private static readonly byte[] NullValue = "null"u8.ToArray();

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1.0/state/{store}/{key}", (RequestDelegate)GetAsync);
        routes.MapDelete("/v1.0/state/{store}/{key}", (RequestDelegate)DeleteAsync);
        routes.MapMethods("/v1.0/state/{store}", WriteVerbs, (RequestDelegate)SaveAsync);
        routes.MapMethods("/v1.0/state/{store}/bulk", WriteVerbs, (RequestDelegate)BulkAsync);
        routes.MapMethods("/v1.0/state/{store}/transaction", WriteVerbs, (RequestDelegate)TransactAsync);
        routes.MapMethods("/v1.0-alpha1/state/{store}/query", WriteVerbs, (RequestDelegate)Query);
    }

    private async Task GetAsync(HttpContext http)
    {
        if (await state.GetAsync(Store(http), RequestPath.Last(http), http.RequestAborted).ConfigureAwait(false) is not { } row)
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }
        http.Response.Headers.ETag = row.ETag;
        if (row.Expires is { } expires)
            http.Response.Headers["metadata.ttlExpireTime"] = StateTimes.Text(expires);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = row.Value.Length;
        await http.Response.Body.WriteAsync(row.Value, http.RequestAborted).ConfigureAwait(false);
    }

    private async Task SaveAsync(HttpContext http)
    {
        var store = Store(http);
        var items = await JsonBodies.ReadAsync<StateBody?[]>(http, bodyLimitBytes, "").ConfigureAwait(false);
        var shared = RequestMetadata.Of(http);
        if (items.Any(item => string.IsNullOrEmpty(item?.Key)))
            throw DaprApiException.MalformedRequest("\"key\" is a required field");
        await state.SaveAsync(store, [.. items.Select(item => Item(item!, shared))], http.RequestAborted).ConfigureAwait(false);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task DeleteAsync(HttpContext http)
    {
        var item = new StateItem(
            RequestPath.Last(http),
            null,
            http.Request.Headers.IfMatch.ToString(),
            RequestMetadata.Of(http),
            http.Request.Query["concurrency"].ToString(),
            http.Request.Query["consistency"].ToString()
        );
        await state.DeleteAsync(Store(http), item, http.RequestAborted).ConfigureAwait(false);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task BulkAsync(HttpContext http)
    {
        var body = await JsonBodies.ReadAsync<BulkBody>(http, bodyLimitBytes, BadBody).ConfigureAwait(false);
        var keys = (body.Keys ?? []).Select(key => key ?? "").ToArray();
        var rows = await state.GetBulkAsync(Store(http), keys, http.RequestAborted).ConfigureAwait(false);
        using var buffer = new MemoryStream();
        await using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            for (var i = 0; i < keys.Length; i++)
                WriteRow(json, keys[i], rows[i]);
            json.WriteEndArray();
        }
        http.Response.ContentType = "application/json";
        await http.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), http.RequestAborted).ConfigureAwait(false);
    }

    private async Task TransactAsync(HttpContext http)
    {
        var body = await JsonBodies.ReadAsync<TransactionBody>(http, bodyLimitBytes, BadBody).ConfigureAwait(false);
        var shared = RequestMetadata.Of(http);
        foreach (var (key, value) in body.Metadata ?? [])
            shared[key] = value;
        var operations = (body.Operations ?? []).Select(one => (one?.Operation ?? "", Item(one?.Request ?? new StateBody(), shared))).ToList();
        await state.TransactAsync(Store(http), operations, http.RequestAborted).ConfigureAwait(false);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private Task Query(HttpContext http) => throw state.QueryRefused(Store(http));

    private static string Store(HttpContext http) => RequestPath.Segments(http)[2];

    private static StateItem Item(StateBody body, Dictionary<string, string> shared)
    {
        var metadata = new Dictionary<string, string>(body.Metadata ?? [], StringComparer.Ordinal);
        foreach (var (key, value) in shared)
            metadata[key] = value;
        return new StateItem(
            body.Key ?? "",
            body.Value.ValueKind == JsonValueKind.Undefined ? NullValue : Bytes(body.Value),
            body.ETag,
            metadata,
            body.Options?.Concurrency ?? "",
            body.Options?.Consistency ?? ""
        );
    }

    /// <summary>The bytes as they came; those that are no UTF-8 become U+FFFD, as in Go.</summary>
    private static byte[] Bytes(JsonElement value)
    {
        var bytes = JsonMarshal.GetRawUtf8Value(value);
        return Utf8.IsValid(bytes) ? bytes.ToArray() : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes));
    }

    private static void WriteRow(Utf8JsonWriter json, string key, StateEntry? row)
    {
        json.WriteStartObject();
        json.WriteString("key", key);
        if (row is not null)
        {
            json.WritePropertyName("data");
            WriteValue(json, row.Value);
            json.WriteString("etag", row.ETag);
            if (row.Expires is { } expires)
            {
                json.WriteStartObject("metadata");
                json.WriteString("ttlExpireTime", StateTimes.Text(expires));
                json.WriteEndObject();
            }
        }
        json.WriteEndObject();
    }

    /// <summary>A value saved over gRPC may be no JSON; it then travels as a string.</summary>
    private static void WriteValue(Utf8JsonWriter json, byte[] value)
    {
        if (IsJson(value))
            json.WriteRawValue(value);
        else
            json.WriteStringValue(Encoding.UTF8.GetString(value));
    }

    private static bool IsJson(byte[] value)
    {
        var reader = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = 256 });
        try
        {
            while (reader.Read()) { }
            return value.Length > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private sealed record StateBody(
        string? Key = null,
        JsonElement Value = default,
        string? ETag = null,
        Dictionary<string, string>? Metadata = null,
        OptionsBody? Options = null
    );

    private sealed record OptionsBody(string? Concurrency, string? Consistency);

    private sealed record BulkBody(string?[]? Keys, int? Parallelism, Dictionary<string, string>? Metadata);

    private sealed record TransactionBody(OperationBody?[]? Operations, Dictionary<string, string>? Metadata);

    private sealed record OperationBody(string? Operation, StateBody? Request);
}
