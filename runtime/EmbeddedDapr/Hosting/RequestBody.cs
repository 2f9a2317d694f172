using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Hosting;

/// <summary>The body was larger than --max-body-size; each route wraps the words "stream too large" in its own error, as daprd does.</summary>
internal sealed class BodyTooLargeException() : Exception("stream too large");

/// <summary>Reads request bodies up to the limit of the sidecar.</summary>
internal static class RequestBody
{
    /// <summary>The whole body.</summary>
    /// <exception cref="BodyTooLargeException">
    /// It is larger than <paramref name="limitBytes"/>; the connection is closed after the answer.
    /// </exception>
    /// <exception cref="BadHttpRequestException">Its framing is broken.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext http, int limitBytes)
    {
        try
        {
            return await ReadWithinAsync(http, limitBytes).ConfigureAwait(false);
        }
        catch (IOException error) when (error is not BadHttpRequestException)
        {
            throw new BadHttpRequestException(error.Message, StatusCodes.Status400BadRequest, error);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadWithinAsync(HttpContext http, int limitBytes)
    {
        if (http.Request.ContentLength is { } length)
        {
            if (length > limitBytes)
                throw TooLarge(http);
            var exact = new byte[length];
            await http.Request.Body.ReadExactlyAsync(exact, http.RequestAborted).ConfigureAwait(false);
            return exact;
        }
        var buffer = new MemoryStream();
        var part = new byte[16 << 10];
        int read;
        while ((read = await http.Request.Body.ReadAsync(part, http.RequestAborted).ConfigureAwait(false)) > 0)
        {
            if (buffer.Length + read > limitBytes)
                throw TooLarge(http);
            buffer.Write(part, 0, read);
        }
        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    private static BodyTooLargeException TooLarge(HttpContext http)
    {
        http.Response.Headers.Connection = "close";
        return new BodyTooLargeException();
    }
}
