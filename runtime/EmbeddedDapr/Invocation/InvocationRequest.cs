using Microsoft.AspNetCore.Http;

namespace Dapr.Embedded.Invocation;

/// <summary>One call of a method of an app, wherever the app is; headers are clean (<see cref="HeaderRules"/>).</summary>
internal sealed record InvocationRequest
{
    /// <summary>HTTP verb.</summary>
    public required string Verb { get; init; }

    /// <summary>False when a gRPC caller named no verb; only a gRPC app can be called then.</summary>
    public bool HasVerb { get; init; } = true;

    /// <summary>Decoded and cleaned path without a leading slash, for access control, breakers and gRPC apps.</summary>
    public required string Method { get; init; }

    /// <summary>As sent, with its question mark; empty when there is none.</summary>
    public string QueryString { get; init; } = "";

    public required IReadOnlyList<KeyValuePair<string, string?[]>> Headers { get; init; }

    public string? ContentType { get; init; }

    /// <summary>The whole body; null when it is streamed.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>A body of unknown length; it can be sent once.</summary>
    public Stream? Stream { get; init; }

    /// <summary>Path and query, escaped, as they are sent to an HTTP app.</summary>
    public string PathAndQuery => "/" + MethodPath.Escape(Method) + QueryString;

    /// <summary>The request for an address that the method's path is appended to.</summary>
    public HttpRequestMessage ToMessage(Uri target)
    {
        var message = new HttpRequestMessage(new HttpMethod(Verb), target);
        message.Content =
            Stream is not null ? new StreamContent(Stream)
            : Body is { } body && (body.Length > 0 || !HttpMethods.IsGet(Verb) && !HttpMethods.IsHead(Verb) && !HttpMethods.IsOptions(Verb))
                ? new ReadOnlyMemoryContent(body)
            : null;
        if (ContentType is { Length: > 0 } type)
            message.Content?.Headers.TryAddWithoutValidation("Content-Type", type);
        foreach (var (name, values) in Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, values))
                message.Content?.Headers.TryAddWithoutValidation(name, values);
        }
        return message;
    }
}
