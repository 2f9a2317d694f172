using System.Globalization;
using System.Text.Json;

namespace Dapr.Embedded.PubSub.Events;

/// <summary>A message on its way to a subscriber: the bytes that the app gets, and the fields that routing and tracing look at.</summary>
internal sealed class ReceivedEvent : IDisposable
{
    private readonly JsonDocument _document;

    private ReceivedEvent(ReadOnlyMemory<byte> body, JsonDocument document)
    {
        Body = body;
        _document = document;
    }

    /// <summary>What is sent to the app: the envelope, or for a raw message to a plain subscriber the published bytes.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    public JsonElement Fields => _document.RootElement;

    /// <summary>Reads what the broker holds; a raw subscription gets it wrapped.</summary>
    /// <exception cref="JsonException">A plain subscription met bytes that are no JSON object.</exception>
    public static ReceivedEvent Read(ReadOnlyMemory<byte> data, bool raw, string pubsubName, string topic)
    {
        var body = raw ? EventEnvelope.WrapRaw(data.Span, pubsubName, topic) : data;
        var document = JsonDocument.Parse(body, JsonBody.Documents);
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return new ReceivedEvent(body, document);
        document.Dispose();
        throw new JsonException(
            "the message is no CloudEvent: a JSON object is needed; a raw message needs a subscription with metadata rawPayload: \"true\""
        );
    }

    /// <summary>The text of a field; empty when it is absent or no text (a numeric <c>traceid</c> must harm nobody).</summary>
    public string Text(ReadOnlySpan<byte> name) => Fields.TryGetProperty(name, out var value) ? JsonText.Of(value) ?? "" : "";

    /// <summary>The trace of the event: <c>traceparent</c>, else the older <c>traceid</c>.</summary>
    public string TraceParent => Text("traceparent"u8) is { Length: > 0 } parent ? parent : Text("traceid"u8);

    public bool HasExpired(DateTimeOffset now) =>
        DateTimeOffset.TryParse(Text("expiration"u8), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expiration)
        && now > expiration;

    public void Dispose() => _document.Dispose();
}
