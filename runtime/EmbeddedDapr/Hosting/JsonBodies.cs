using System.Text.Json;
using Dapr.Embedded.Errors;
using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Hosting;

/// <summary>JSON request bodies: property names without regard to case, as Go reads them.</summary>
internal static class JsonBodies
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web) { MaxDepth = 256 };

    /// <summary>Reads a body of the API.</summary>
    /// <param name="what">Begins the error message, for example "failed deserializing HTTP body: ".</param>
    /// <exception cref="DaprApiException">ERR_MALFORMED_REQUEST: too large, no JSON, or JSON of another shape.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext http, int limitBytes, string what)
    {
        try
        {
            var body = await RequestBody.ReadAsync(http, limitBytes).ConfigureAwait(false);
            if (body.IsEmpty)
                throw DaprApiException.MalformedRequest(what + "EOF");
            return JsonSerializer.Deserialize<T>(body.Span, Options) ?? throw DaprApiException.MalformedRequest(what + "null is no request");
        }
        catch (BodyTooLargeException error)
        {
            throw DaprApiException.MalformedRequest(what + error.Message);
        }
        catch (JsonException error)
        {
            throw DaprApiException.MalformedRequest(what + Reason(error));
        }
    }

    /// <summary>
    /// What is wrong and where. For a value of the wrong kind the reader names types of this program, which say nothing to a caller.
    /// </summary>
    private static string Reason(JsonException error) =>
        error.Message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal)
            ? $"the value at {error.Path} is of the wrong kind (line {error.LineNumber + 1}, byte {error.BytePositionInLine})"
            : error.Message;
}
