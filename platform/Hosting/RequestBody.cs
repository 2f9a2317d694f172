using Microsoft.AspNetCore.Http;

namespace Dapr.Anomaly.Platform.Hosting;

/// <summary>The whole body of a request; Kestrel's limit bounds it.</summary>
internal static class RequestBody
{
    /// <summary>What a client says of its length is only a hint.</summary>
    private const int MaxFirstBytes = 1024 * 1024;

    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, MaxFirstBytes));
        await request.Body.CopyToAsync(content, cancellationToken);
        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }
}
