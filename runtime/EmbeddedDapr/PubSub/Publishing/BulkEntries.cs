using System.Buffers;
using System.Text;
using System.Text.Json;
using Dapr.Embedded.Errors;
using Dapr.Embedded.PubSub.Events;

namespace Dapr.Embedded.PubSub.Publishing;

/// <summary>An entry of a bulk publish request.</summary>
internal sealed record BulkEntry(string EntryId, PublishedEvent Event);

/// <summary>The JSON of a bulk publish request: an array of <c>{entryId, event, contentType, metadata}</c>, names without regard to case.</summary>
internal static class BulkEntries
{
    /// <exception cref="DaprApiException">
    /// The body is no such array, an id is empty or repeated, or an event does not fit its content type.
    /// </exception>
    public static IReadOnlyList<BulkEntry> Read(
        ReadOnlyMemory<byte> body,
        IReadOnlyDictionary<string, string> metadata,
        string pubsubName,
        string topic,
        string appId
    )
    {
        var entries = new List<BulkEntry>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(body, JsonBody.Documents);
            if (document.RootElement.ValueKind != JsonValueKind.Array)
                throw PubSubErrors.BulkBody(pubsubName, topic, appId, $"expected an array of entries, seen {document.RootElement.ValueKind}");
            foreach (var element in document.RootElement.EnumerateArray())
            {
                if (element.ValueKind != JsonValueKind.Object)
                    throw PubSubErrors.BulkBody(pubsubName, topic, appId, $"expected an entry object, seen {element.ValueKind}");
                var entryId = Text(element, "entryId");
                if (entryId.Length == 0 || !ids.Add(entryId))
                    throw PubSubErrors.BulkEntryId(pubsubName, topic, appId);
                var contentType = Text(element, "contentType");
                var data = Bytes(Property(element, "event"), ref contentType) ?? throw PubSubErrors.BulkContentType(pubsubName, topic, appId);
                entries.Add(new BulkEntry(entryId, new PublishedEvent(data, contentType, Merge(metadata, Property(element, "metadata")))));
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw PubSubErrors.BulkBody(pubsubName, topic, appId, error.Message);
        }
        return entries;
    }

    /// <summary>The answer to a request whose entries were not all published.</summary>
    public static ReadOnlyMemory<byte> WriteFailed(IReadOnlyList<BulkEntry> failed, DaprApiException error)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("failedEntries"u8);
            foreach (var entry in failed)
            {
                writer.WriteStartObject();
                writer.WriteString("entryId"u8, entry.EntryId);
                writer.WriteString("error"u8, error.Message);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteString("errorCode"u8, error.ErrorCode);
            writer.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    /// <summary>An event's bytes by its content type; null when the two do not fit together.</summary>
    private static byte[]? Bytes(JsonElement value, ref string contentType)
    {
        var isText = value.ValueKind == JsonValueKind.String;
        if (contentType.Length == 0 && !isText)
            contentType = "application/json";
        if (contentType.Length == 0 || value.ValueKind == JsonValueKind.Undefined)
            return null;
        if (MediaType.IsJson(contentType) || MediaType.IsCloudEvent(contentType))
            return Encoding.UTF8.GetBytes(value.GetRawText());
        if (!isText)
            return null;
        if (MediaType.IsBinary(contentType))
            return value.TryGetBytesFromBase64(out var bytes) ? bytes : null;
        return Encoding.UTF8.GetBytes(value.GetString()!);
    }

    private static IReadOnlyDictionary<string, string> Merge(IReadOnlyDictionary<string, string> request, JsonElement own)
    {
        if (own.ValueKind != JsonValueKind.Object)
            return request;
        var merged = new Dictionary<string, string>(request);
        foreach (var property in own.EnumerateObject())
            merged[property.Name] = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : property.Value.GetRawText();
        return merged;
    }

    private static string Text(JsonElement parent, string name) =>
        Property(parent, name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";

    private static JsonElement Property(JsonElement parent, string name) =>
        parent.EnumerateObject().FirstOrDefault(property => property.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
