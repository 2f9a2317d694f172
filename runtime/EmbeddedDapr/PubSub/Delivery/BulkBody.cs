using System.Buffers;
using System.Text.Json;
using Dapr.Embedded.PubSub.Events;
using Dapr.Embedded.Resiliency;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>The JSON of a bulk delivery over HTTP, both ways.</summary>
internal static class BulkBody
{
    public static byte[] Write(IReadOnlyList<EventDelivery> deliveries)
    {
        var subscription = deliveries[0].Subscription;
        var buffer = new ArrayBufferWriter<byte>(deliveries.Sum(delivery => delivery.Event.Body.Length + 256));
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("entries"u8);
            foreach (var delivery in deliveries)
            {
                writer.WriteStartObject();
                writer.WriteString("entryId"u8, delivery.EntryId);
                writer.WritePropertyName("event"u8);
                writer.WriteRawValue(delivery.Event.Body.Span, skipInputValidation: true);
                WriteMap(writer, "metadata"u8, delivery.Message.Message.Metadata);
                writer.WriteString("contentType"u8, EventFields.ContentType);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteString("id"u8, Guid.NewGuid().ToString());
            WriteMap(writer, "metadata"u8, new Dictionary<string, string> { ["pubsubName"] = subscription.PubSubName });
            writer.WriteString("pubsubname"u8, subscription.PubSubName);
            writer.WriteString("topic"u8, subscription.Topic);
            writer.WriteString("type"u8, EventFields.BulkType);
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary><c>{"statuses":[{"entryId","status"}]}</c>; an empty or unknown status asks for a repetition, as an absent entry does.</summary>
    public static Attempt<IReadOnlyDictionary<string, Verdict>> ReadVerdicts(byte[] body)
    {
        var verdicts = new Dictionary<string, Verdict>();
        try
        {
            using var document = JsonDocument.Parse(body);
            if (
                document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("statuses"u8, out var statuses)
                || statuses.ValueKind != JsonValueKind.Array
            )
                return new(null, new Failure("the app's answer to a bulk delivery has no list 'statuses'"));
            foreach (var status in statuses.EnumerateArray().Where(status => status.ValueKind == JsonValueKind.Object))
            {
                var entryId = Text(status, "entryId"u8);
                if (entryId.Length > 0)
                    verdicts[entryId] = Text(status, "status"u8) switch
                    {
                        "SUCCESS" => Verdict.Success,
                        "DROP" => Verdict.Drop,
                        _ => Verdict.Retry,
                    };
            }
            return verdicts;
        }
        catch (JsonException error)
        {
            return new(null, new Failure($"the app's answer to a bulk delivery is no JSON: {error.Message}"));
        }
    }

    private static string Text(JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.TryGetProperty(name, out var value) && JsonText.Of(value) is { } text ? text : "";

    private static void WriteMap(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, string> map)
    {
        if (map.Count == 0)
        {
            writer.WriteNull(name);
            return;
        }
        writer.WriteStartObject(name);
        foreach (var (key, value) in map)
            writer.WriteString(key, value);
        writer.WriteEndObject();
    }
}
