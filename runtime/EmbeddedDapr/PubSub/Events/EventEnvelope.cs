using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Dapr.Embedded.PubSub.Events;

/// <summary>One event that an app wants published.</summary>
/// <param name="ContentType">As sent; empty is <c>text/plain</c>.</param>
/// <param name="TraceParent">W3C trace of the publishing request; empty without tracing.</param>
internal sealed record OutgoingEvent(
    string PubSubName,
    string Topic,
    ReadOnlyMemory<byte> Body,
    string ContentType,
    string TraceParent,
    string TraceState
);

/// <summary>Writes the CloudEvents 1.0 envelope around what an app publishes, with daprd's fields in daprd's order.</summary>
internal static class EventEnvelope
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <exception cref="JsonException">The body calls itself a CloudEvent and is no JSON object.</exception>
    public static byte[] Build(OutgoingEvent outgoing, PublishMetadata metadata, string appId, TimeProvider time) =>
        MediaType.IsCloudEvent(outgoing.ContentType) ? Complete(outgoing, metadata, time) : Wrap(outgoing, metadata, appId, time);

    private static byte[] Wrap(OutgoingEvent outgoing, PublishMetadata metadata, string appId, TimeProvider time)
    {
        var overrides = metadata.Overrides;
        var (traceId, traceParent) = Trace(outgoing, overrides);
        var contentType = outgoing.ContentType.Length == 0 ? "text/plain" : outgoing.ContentType;
        return Write(
            outgoing.Body.Length + 512,
            writer =>
            {
                writer.WriteStartObject();
                WriteData(writer, outgoing.Body.Span, contentType);
                writer.WriteString("datacontenttype"u8, contentType);
                WriteExpiration(writer, metadata, time);
                writer.WriteString("id"u8, overrides.GetValueOrDefault("id") ?? Guid.NewGuid().ToString());
                writer.WriteString("pubsubname"u8, outgoing.PubSubName);
                writer.WriteString("source"u8, overrides.GetValueOrDefault("source") ?? (appId.Length == 0 ? EventFields.DefaultSource : appId));
                writer.WriteString("specversion"u8, EventFields.SpecVersion);
                if (overrides.TryGetValue("subject", out var subject))
                    writer.WriteString("subject"u8, subject);
                writer.WriteString("time"u8, Now(time));
                writer.WriteString("topic"u8, outgoing.Topic);
                writer.WriteString("traceid"u8, traceId);
                writer.WriteString("traceparent"u8, traceParent);
                writer.WriteString("tracestate"u8, overrides.GetValueOrDefault("tracestate") ?? outgoing.TraceState);
                writer.WriteString("type"u8, overrides.GetValueOrDefault("type") ?? EventFields.Type);
                writer.WriteEndObject();
            }
        );
    }

    /// <summary>The body is the event: its fields stay, the two that name the way are overwritten, absent ones are added.</summary>
    private static byte[] Complete(OutgoingEvent outgoing, PublishMetadata metadata, TimeProvider time)
    {
        using var document = JsonDocument.Parse(outgoing.Body, JsonBody.Documents);
        var given = document.RootElement;
        if (given.ValueKind != JsonValueKind.Object)
            throw new JsonException($"a CloudEvent is a JSON object, seen {given.ValueKind}");
        var (traceId, traceParent) = Trace(outgoing, metadata.Overrides);
        return Write(
            outgoing.Body.Length + 512,
            writer =>
            {
                writer.WriteStartObject();
                var names = new HashSet<string>(StringComparer.Ordinal);
                foreach (var field in given.EnumerateObject())
                {
                    if (
                        field.Name is "topic" or "pubsubname"
                        || (field.Name == "expiration" && metadata.TimeToLive is not null)
                        || !names.Add(field.Name)
                    )
                        continue;
                    writer.WritePropertyName(field.Name);
                    writer.WriteRawValue(field.Value.GetRawText(), skipInputValidation: true);
                }
                void AddAbsent(string name, string value)
                {
                    if (!names.Contains(name))
                        writer.WriteString(name, value);
                }
                WriteExpiration(writer, metadata, time);
                writer.WriteString("pubsubname"u8, outgoing.PubSubName);
                writer.WriteString("topic"u8, outgoing.Topic);
                AddAbsent("id", Guid.NewGuid().ToString());
                AddAbsent("source", EventFields.DefaultSource);
                AddAbsent("specversion", EventFields.SpecVersion);
                AddAbsent("time", Now(time));
                AddAbsent("traceid", traceId);
                AddAbsent("traceparent", traceParent);
                AddAbsent("tracestate", metadata.Overrides.GetValueOrDefault("tracestate") ?? outgoing.TraceState);
                AddAbsent("type", EventFields.Type);
                writer.WriteEndObject();
            }
        );
    }

    /// <summary>The envelope in which a raw subscriber gets whatever bytes the broker holds.</summary>
    public static byte[] WrapRaw(ReadOnlySpan<byte> payload, string pubsubName, string topic)
    {
        var base64 = Convert.ToBase64String(payload);
        return Write(
            base64.Length + 256,
            writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("data_base64"u8, base64);
                writer.WriteString("datacontenttype"u8, "application/octet-stream"u8);
                writer.WriteString("id"u8, Guid.NewGuid().ToString());
                writer.WriteString("pubsubname"u8, pubsubName);
                writer.WriteString("source"u8, EventFields.DefaultSource);
                writer.WriteString("specversion"u8, EventFields.SpecVersion);
                writer.WriteString("topic"u8, topic);
                writer.WriteString("type"u8, EventFields.Type);
                writer.WriteEndObject();
            }
        );
    }

    private static void WriteData(Utf8JsonWriter writer, ReadOnlySpan<byte> body, string contentType)
    {
        if (MediaType.IsBinary(contentType))
        {
            writer.WriteBase64String("data_base64"u8, body);
            return;
        }
        writer.WritePropertyName("data"u8);
        if (MediaType.IsJson(contentType) && JsonBody.IsJson(body))
            writer.WriteRawValue(body, skipInputValidation: true);
        else
            writer.WriteStringValue(Encoding.UTF8.GetString(body));
    }

    private static void WriteExpiration(Utf8JsonWriter writer, PublishMetadata metadata, TimeProvider time)
    {
        if (metadata.TimeToLive is { } timeToLive)
            writer.WriteString(
                "expiration"u8,
                (time.GetUtcNow() + timeToLive).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
            );
    }

    /// <summary>An override of traceparent wins over one of traceid; both win over the request's.</summary>
    private static (string TraceId, string TraceParent) Trace(OutgoingEvent outgoing, IReadOnlyDictionary<string, string> overrides)
    {
        var traceParent = overrides.GetValueOrDefault("traceparent") ?? overrides.GetValueOrDefault("traceid") ?? outgoing.TraceParent;
        return (traceParent, traceParent);
    }

    /// <summary>RFC 3339 in seconds with the local offset, <c>Z</c> for UTC.</summary>
    private static string Now(TimeProvider time)
    {
        var now = time.GetLocalNow();
        return now.Offset == TimeSpan.Zero
            ? now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : now.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
    }

    private static byte[] Write(int capacity, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(capacity);
        using (var writer = new Utf8JsonWriter(buffer, Relaxed))
            write(writer);
        return buffer.WrittenSpan.ToArray();
    }
}
