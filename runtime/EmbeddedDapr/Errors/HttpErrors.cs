using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Errors;

/// <summary>Writes an error the way daprd does over HTTP: a JSON object with errorCode, message and, for newer errors, details.</summary>
internal static class HttpErrors
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task WriteAsync(HttpContext http, DaprApiException error)
    {
        foreach (var (key, value) in error.Metadata)
            http.Response.Headers[$"metadata.{key}"] = value;
        return WriteAsync(http, error.HttpStatus, error.ErrorCode, error.Message, error.Details);
    }

    /// <summary>The errors that daprd says in plain text.</summary>
    public static Task WriteTextAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(text, http.RequestAborted);
    }

    public static async Task WriteAsync(HttpContext http, int status, string errorCode, string message, IReadOnlyList<IMessage>? details = null)
    {
        using var buffer = new MemoryStream();
        await using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("errorCode", errorCode);
            json.WriteString("message", message);
            if (details is { Count: > 0 })
            {
                json.WriteStartArray("details");
                foreach (var detail in details)
                    json.WriteRawValue(DetailJson.Format(detail));
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = buffer.Length;
        await http.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), http.RequestAborted).ConfigureAwait(false);
    }
}
