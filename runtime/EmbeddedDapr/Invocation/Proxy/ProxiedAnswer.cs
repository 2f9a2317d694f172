using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Invocation.Proxy;

/// <summary>The answer of a proxied call on its way back: headers, messages as they come, trailers.</summary>
internal sealed class ProxiedAnswer(HttpResponseMessage answer) : IDisposable
{
    private const string StatusName = "grpc-status";
    private const string MessageName = "grpc-message";

    /// <summary>The call's status code; null until the messages have been read, or when the other side gave none.</summary>
    public int? Status =>
        (Value(answer.TrailingHeaders, StatusName) ?? Value(answer.Headers, StatusName)) is { } text
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? code
            : null;

    public string Message => Uri.UnescapeDataString(Value(answer.TrailingHeaders, MessageName) ?? Value(answer.Headers, MessageName) ?? "");

    /// <summary>
    /// Passes the messages on. Headers wait for the first message if <paramref name="untilFirst"/>; with none they are not sent at all.
    /// </summary>
    /// <returns>Whether anything was passed on.</returns>
    public async Task<bool> PassOnAsync(HttpContext http, bool untilFirst, CancellationToken cancellationToken)
    {
        var passed = !untilFirst && !answer.Headers.Contains(StatusName);
        if (passed)
        {
            CopyHeaders(http);
            await http.Response.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        var buffer = ArrayPool<byte>.Shared.Rent(32 << 10);
        try
        {
            var body = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                while (await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var count and > 0)
                {
                    if (!passed)
                        CopyHeaders(http);
                    passed = true;
                    await http.Response.Body.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                    await http.Response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        if (passed)
            CopyTrailers(http);
        return passed;
    }

    /// <summary>Ends a call of which nothing was passed on.</summary>
    public void End(HttpContext http)
    {
        CopyHeaders(http);
        CopyTrailers(http);
    }

    public void Dispose() => answer.Dispose();

    private void CopyHeaders(HttpContext http)
    {
        http.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (HeaderRules.ComesBack(name) && !name.Equals("content-length", StringComparison.OrdinalIgnoreCase))
                http.Response.Headers[name] = values.ToArray();
        }
    }

    private void CopyTrailers(HttpContext http)
    {
        foreach (var (name, values) in answer.TrailingHeaders.NonValidated)
            http.Response.AppendTrailer(name, values.ToArray());
    }

    private static string? Value(System.Net.Http.Headers.HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;
}
