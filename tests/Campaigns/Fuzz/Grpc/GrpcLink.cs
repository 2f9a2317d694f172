using System.Net;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz.Grpc;

/// <summary>An HTTP/2 connection to a gRPC port that sends any frames and headers, which a gRPC client would not.</summary>
internal sealed class GrpcLink(int port) : IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(250);

    private readonly HttpClient client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
    {
        BaseAddress = new Uri($"http://127.0.0.1:{port}"),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Sends a request; null when it waits for something and was given up.</summary>
    /// <exception cref="TimeoutException">No end within <paramref name="patience"/>.</exception>
    /// <exception cref="HttpRequestException">The runtime broke the call off without a status.</exception>
    public async Task<GrpcAnswer?> AskAsync(GrpcProbe probe, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(probe.Waits ? Short : patience);
        using var request = new HttpRequestMessage(new HttpMethod(probe.Verb), probe.Path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (probe.Verb != "GET")
        {
            request.Content = new ByteArrayContent(probe.Body);
            if (probe.ContentType.Length > 0)
                request.Content.Headers.TryAddWithoutValidation("content-type", probe.ContentType);
        }
        foreach (var (name, value) in probe.Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            await using var body = await answer.Content.ReadAsStreamAsync(limit.Token);
            await body.CopyToAsync(Stream.Null, limit.Token);
            string? Find(string name) =>
                (answer.TrailingHeaders.TryGetValues(name, out var values) || answer.Headers.TryGetValues(name, out values)) ? values.First() : null;
            return new GrpcAnswer(
                (int)answer.StatusCode,
                answer.Content.Headers.ContentType?.ToString() ?? "",
                Find("grpc-status"),
                Uri.UnescapeDataString(Find("grpc-message") ?? "")
            );
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return probe.Waits ? null : throw new TimeoutException($"no end within {patience}");
        }
        catch (HttpIOException broken)
        {
            throw new HttpRequestException(broken.Message, broken);
        }
    }

    public void Dispose() => client.Dispose();
}
