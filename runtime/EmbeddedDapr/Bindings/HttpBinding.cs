using System.Globalization;
using System.Net.Http.Headers;
using Dapr.Embedded.Components;
using Dapr.Embedded.Resources;

namespace Dapr.Embedded.Bindings;

/// <summary>
/// bindings.http: calls the url of the component, with request metadata path appended; metadata that begins with a capital letter becomes a header.
/// </summary>
internal sealed class HttpBinding : IOutputBinding
{
    private const string Json = "application/json; charset=utf-8";
    private readonly HttpClient client;
    private readonly string url;
    private readonly long largestAnswerBytes;
    private readonly bool errorIfNot2xx;
    private readonly (string Name, string Value)? securityToken;

    private HttpBinding(HttpClient client, string url, ComponentMetadata metadata)
    {
        (this.client, this.url) = (client, url);
        largestAnswerBytes = Sizes.Bytes(metadata.Text("maxResponseBodySize"), 100L << 20);
        errorIfNot2xx = metadata.Flag("errorIfNot2XX", true);
        if (metadata.Text("securityTokenHeader") is { } name && metadata.Text("securityToken") is { } token)
            securityToken = (name, File.Exists(token) ? File.ReadAllText(token).Trim() : token);
    }

    public IReadOnlyList<string> Capabilities { get; } = ["OUTPUT_BINDING"];

    public IReadOnlyList<string> Operations { get; } = ["create", "get", "head", "post", "put", "patch", "delete", "options", "trace"];

    /// <exception cref="ResourceException">The url is not absolute.</exception>
    public static HttpBinding Open(ComponentSpec spec)
    {
        var url = spec.Metadata.Required("url");
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https"))
            throw new ResourceException($"metadata url is \"{url}\", expected http://… or https://…");
        var handler = new SocketsHttpHandler
        {
            UseCookies = false,
            ActivityHeadersPropagator = null,
            // Followed here, within the host of the component's url.
            AllowAutoRedirect = false,
        };
        HttpBindingTls.Apply(handler, spec.Metadata);
        var timeout = spec.Metadata.Duration("responseTimeout", Timeout.InfiniteTimeSpan);
        return new HttpBinding(
            new HttpClient(handler) { Timeout = timeout > TimeSpan.Zero ? timeout : Timeout.InfiniteTimeSpan },
            url,
            spec.Metadata
        );
    }

    public async Task<BindingAnswer> InvokeAsync(BindingRequest request, CancellationToken cancellationToken)
    {
        using var call = new HttpBindingCall(client, Message(request));
        try
        {
            using var answer = await call.SendAsync(request.Data, cancellationToken).ConfigureAwait(false);
            var body = await ReadAsync(answer.Content, cancellationToken).ConfigureAwait(false);
            var metadata = Metadata(answer);
            var strict = request.Metadata.GetValueOrDefault("errorIfNot2XX") is { } wish ? ComponentMetadata.IsTrue(wish) : errorIfNot2xx;
            if (strict && !answer.IsSuccessStatusCode)
                throw new BindingException($"received status code {(int)answer.StatusCode}") { Metadata = metadata };
            return new BindingAnswer(body, metadata);
        }
        catch (HttpRequestException error)
        {
            throw new BindingException($"{call.Shown}: {error.Message}", error);
        }
        catch (TaskCanceledException error) when (error.InnerException is TimeoutException)
        {
            throw new BindingException($"{call.Shown}: context deadline exceeded (responseTimeout)", error);
        }
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    private HttpRequestMessage Message(BindingRequest request)
    {
        var verb = request.Operation is "create" ? "POST" : request.Operation.ToUpperInvariant();
        var message = new HttpRequestMessage(new HttpMethod(verb), Target(request.Metadata.GetValueOrDefault("path") ?? ""));
        if (verb is "POST" or "PUT" or "PATCH")
        {
            message.Content = new ReadOnlyMemoryContent(request.Data);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", Json);
        }
        message.Headers.TryAddWithoutValidation("Accept", Json);
        message.Headers.TryAddWithoutValidation("traceparent", request.TraceParent);
        if (securityToken is { } token)
            message.Headers.TryAddWithoutValidation(token.Name, token.Value);
        foreach (var (name, value) in request.Metadata)
        {
            if (name.Length > 0 && char.IsAsciiLetterUpper(name[0]))
                Set(message, name, value);
        }
        return message;
    }

    private static void Set(HttpRequestMessage message, string name, string value)
    {
        HttpHeaders headers =
            name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && message.Content is not null
                ? message.Content.Headers
                : message.Headers;
        headers.Remove(name);
        headers.TryAddWithoutValidation(name, value);
    }

    /// <summary>A path stays below the url, however its dots and slashes are written.</summary>
    private Uri Target(string path)
    {
        if (path.Length == 0)
            return new Uri(url);
        if (LeavesItsFolder(path) || !Uri.TryCreate($"{url.TrimEnd('/')}/{path.TrimStart('/')}", UriKind.Absolute, out var target))
            throw new BindingException($"invalid path: {path}");
        return target;
    }

    private static bool LeavesItsFolder(string path)
    {
        // Escaped twice is read by a server behind a proxy that unescapes once.
        for (var again = 0; again < 3; again++)
        {
            if (path.Split('/', '\\', '?', '#').Any(part => part.Trim() is ".."))
                return true;
            path = Uri.UnescapeDataString(path);
        }
        return false;
    }

    private async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var buffer = new MemoryStream();
        await using var body = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var part = new byte[16 << 10];
        int read;
        while ((read = await body.ReadAsync(part, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (buffer.Length + read > largestAnswerBytes)
                throw new BindingException("stream too large");
            buffer.Write(part, 0, read);
        }
        return buffer.ToArray();
    }

    private static Dictionary<string, string> Metadata(HttpResponseMessage answer)
    {
        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
            metadata[name] = string.Join(", ", values);
        metadata["statusCode"] = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
        metadata["status"] = $"{(int)answer.StatusCode} {answer.ReasonPhrase}";
        return metadata;
    }
}
