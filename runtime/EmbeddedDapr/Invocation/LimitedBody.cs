using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Invocation;

/// <summary>Reads request bodies up to the runtime's limit.</summary>
internal static class LimitedBody
{
    /// <summary>daprd's words for a body over the limit.</summary>
    public const string TooLarge = "stream too large";

    /// <summary>The whole body; null when it is over the limit, and then the connection closes after the answer.</summary>
    public static async Task<byte[]?> ReadAsync(HttpContext http, int limitBytes, CancellationToken cancellationToken)
    {
        if (http.Request.ContentLength is { } length)
        {
            if (length > limitBytes)
                return Refuse(http);
            var body = new byte[length];
            await http.Request.Body.ReadExactlyAsync(body, cancellationToken).ConfigureAwait(false);
            return body;
        }
        using var collected = new MemoryStream();
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await http.Request.Body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (collected.Length + read > limitBytes)
                return Refuse(http);
            collected.Write(buffer, 0, read);
        }
        return collected.ToArray();
    }

    private static byte[]? Refuse(HttpContext http)
    {
        http.Response.Headers.Connection = "close";
        return null;
    }
}
