using System.Text.Json;
using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Embedded.PubSub.Events;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Dapr.Embedded.PubSub.Delivery;

/// <summary>Events as the gRPC messages carry them: the fields that CloudEvents names, the data as bytes, the rest as extensions.</summary>
internal static class TopicEvents
{
    private static readonly HashSet<string> Named = ["id", "source", "type", "specversion", "datacontenttype", "data", "data_base64"];

    public static TopicEventRequest Request(EventDelivery delivery)
    {
        var received = delivery.Event;
        return new TopicEventRequest
        {
            Id = received.Text("id"u8),
            Source = received.Text("source"u8),
            Type = received.Text("type"u8),
            SpecVersion = received.Text("specversion"u8),
            DataContentType = received.Text("datacontenttype"u8),
            Data = Data(received),
            Topic = delivery.Subscription.Topic,
            PubsubName = delivery.Subscription.PubSubName,
            Path = delivery.Path,
            Extensions = Extensions(received),
        };
    }

    public static TopicEventBulkRequestEntry Entry(EventDelivery delivery)
    {
        var received = delivery.Event;
        var entry = new TopicEventBulkRequestEntry
        {
            EntryId = delivery.EntryId,
            CloudEvent = new TopicEventCERequest
            {
                Id = received.Text("id"u8),
                Source = received.Text("source"u8),
                Type = received.Text("type"u8),
                SpecVersion = received.Text("specversion"u8),
                DataContentType = received.Text("datacontenttype"u8),
                Data = Data(received),
                Extensions = Extensions(received),
            },
        };
        foreach (var (key, value) in delivery.Message.Message.Metadata)
            entry.Metadata[key] = value;
        return entry;
    }

    /// <summary>Bytes of <c>data_base64</c>, text of a string (unless it is JSON), JSON of anything else.</summary>
    private static ByteString Data(ReceivedEvent received)
    {
        if (
            received.Fields.TryGetProperty("data_base64"u8, out var encoded)
            && encoded.ValueKind == JsonValueKind.String
            && encoded.TryGetBytesFromBase64(out var bytes)
        )
            return ByteString.CopyFrom(bytes);
        if (!received.Fields.TryGetProperty("data"u8, out var data) || data.ValueKind == JsonValueKind.Null)
            return ByteString.Empty;
        return data.ValueKind == JsonValueKind.String && !MediaType.IsJson(received.Text("datacontenttype"u8))
            ? ByteString.CopyFromUtf8(JsonText.Of(data)!)
            : ByteString.CopyFromUtf8(data.GetRawText());
    }

    private static Struct Extensions(ReceivedEvent received)
    {
        var extensions = new Struct();
        foreach (var field in received.Fields.EnumerateObject())
        {
            if (!Named.Contains(field.Name))
                extensions.Fields[field.Name] = Convert(field.Value);
        }
        return extensions;
    }

    private static Value Convert(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.String => Value.ForString(JsonText.Of(json)!),
            JsonValueKind.Number => Value.ForNumber(json.GetDouble()),
            JsonValueKind.True => Value.ForBool(true),
            JsonValueKind.False => Value.ForBool(false),
            JsonValueKind.Array => Value.ForList([.. json.EnumerateArray().Select(Convert)]),
            JsonValueKind.Object => Value.ForStruct(
                new Struct
                {
                    Fields =
                    {
                        json.EnumerateObject().DistinctBy(field => field.Name).ToDictionary(field => field.Name, field => Convert(field.Value)),
                    },
                }
            ),
            _ => Value.ForNull(),
        };
}
