using System.Text;
using System.Text.Json;
using CsCheck;
using Dapr.Embedded.PubSub.Events;
using Microsoft.Extensions.Time.Testing;

namespace EmbeddedDapr.Tests.PubSub.Events;

public sealed class EventEnvelopeTests
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private static readonly FakeTimeProvider Time = new(new DateTimeOffset(2026, 11, 24, 9, 49, 34, TimeSpan.Zero));
    private static readonly string[] ContentTypes = ["application/json", "text/plain", "application/octet-stream", "image/png", ""];

    [Fact]
    public void Build_JsonBody_HasTheFieldsOfDaprd()
    {
        var envelope = Build("""{"m":1,"big":12345678901234567890,"f":1.10}""", "application/json");
        Assert.Equal(
            ["data", "datacontenttype", "id", "pubsubname", "source", "specversion", "time", "topic", "traceid", "traceparent", "tracestate", "type"],
            envelope.RootElement.EnumerateObject().Select(field => field.Name)
        );
        Assert.Equal("""{"m":1,"big":12345678901234567890,"f":1.10}""", envelope.RootElement.GetProperty("data").GetRawText());
        Assert.Equal("2026-11-24T09:49:34Z", Text(envelope, "time"));
        Assert.Equal(
            ["1.0", "com.dapr.event.sent", "shop", "pubsub", "orders", Trace],
            new[] { "specversion", "type", "source", "pubsubname", "topic", "traceid" }.Select(name => Text(envelope, name))
        );
        Assert.True(Guid.TryParse(Text(envelope, "id"), out _));
    }

    [Theory]
    [InlineData("application/json; charset=utf-8", true)]
    [InlineData("APPLICATION/JSON", true)]
    [InlineData("application/vnd.x+json", false)]
    [InlineData("text/plain", false)]
    [InlineData("", false)]
    public void Build_OnlyApplicationJson_IsJsonData(string contentType, bool isJson)
    {
        var data = Build("""{"a":1}""", contentType).RootElement.GetProperty("data");
        Assert.Equal(isJson ? JsonValueKind.Object : JsonValueKind.String, data.ValueKind);
    }

    [Fact]
    public void Build_NoContentType_IsTextPlain() => Assert.Equal("text/plain", Text(Build("x", ""), "datacontenttype"));

    [Fact]
    public void Build_InvalidJson_DegradesToText() => Assert.Equal("{nope", Text(Build("{nope", "application/json"), "data"));

    [Fact]
    public void Build_OctetStream_IsBase64()
    {
        var envelope = Build([0, 255, 1], "application/octet-stream", []);
        Assert.Equal([0, 255, 1], envelope.RootElement.GetProperty("data_base64").GetBytesFromBase64());
        Assert.False(envelope.RootElement.TryGetProperty("data", out _));
    }

    [Fact]
    public void Build_Overrides_ReplaceAllButTheWay()
    {
        var envelope = Build(
            "1",
            "application/json",
            new()
            {
                ["cloudevent.id"] = "my-id",
                ["CloudEvent.Type"] = "my-type",
                ["cloudevent.source"] = "my-source",
                ["cloudevent.subject"] = "my-subject",
                ["cloudevent.topic"] = "no",
                ["cloudevent.pubsubname"] = "no",
                ["cloudevent.datacontenttype"] = "no",
                ["cloudevent.traceid"] = "old",
                ["cloudevent.traceparent"] = "new",
            }
        );
        Assert.Equal(
            ["my-id", "my-type", "my-source", "my-subject", "orders", "pubsub", "application/json", "new"],
            new[] { "id", "type", "source", "subject", "topic", "pubsubname", "datacontenttype", "traceparent" }.Select(name => Text(envelope, name))
        );
    }

    [Theory]
    [InlineData("60", "2026-11-24T09:50:34.000Z")]
    [InlineData("1m30s", "2026-11-24T09:51:04.000Z")]
    [InlineData("soon", null)]
    [InlineData("0", null)]
    [InlineData("-5", null)]
    public void Build_TimeToLive_SetsExpirationOrIsIgnored(string seconds, string? expiration)
    {
        var envelope = Build("1", "application/json", new() { ["ttlInSeconds"] = seconds });
        Assert.Equal(expiration, envelope.RootElement.TryGetProperty("expiration", out var value) ? value.GetString() : null);
    }

    [Fact]
    public void Build_CloudEvent_KeepsItsFieldsAndGetsTheMissingOnes()
    {
        var envelope = Build(
            """{"id":"mine","topic":"lie","pubsubname":"lie","extra":[1],"traceid":7}""",
            "application/cloudevents+json; charset=utf-8"
        );
        Assert.Equal(
            ["mine", "orders", "pubsub", "Dapr", "1.0", "com.dapr.event.sent", Trace],
            new[] { "id", "topic", "pubsubname", "source", "specversion", "type", "traceparent" }.Select(name => Text(envelope, name))
        );
        Assert.Equal("[1]", envelope.RootElement.GetProperty("extra").GetRawText());
        Assert.Equal(JsonValueKind.Number, envelope.RootElement.GetProperty("traceid").ValueKind);
    }

    [Theory]
    [InlineData("{nope")]
    [InlineData("[1]")]
    [InlineData("")]
    public void Build_CloudEventThatIsNoJsonObject_Throws(string body) =>
        Assert.ThrowsAny<JsonException>(() => Build(body, "application/cloudevents+json"));

    [Fact]
    public void Build_AnyBytesAndAnyContentType_GivesOneReadableEnvelope() =>
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[0, 4].Select(i => ContentTypes[i]))
            .Sample(
                (body, contentType) =>
                {
                    using var envelope = Build(body, contentType, []);
                    using var read = ReceivedEvent.Read(Encoding.UTF8.GetBytes(envelope.RootElement.GetRawText()), raw: false, "pubsub", "orders");
                    Assert.Equal("orders", read.Text("topic"u8));
                },
                iter: 5000,
                seed: "0N0XIzNsQ0O2"
            );

    [Fact]
    public void Build_JsonNestedWithoutEnd_IsTextAndStillReadable()
    {
        var deep = new string('[', 5000) + new string(']', 5000);
        using var envelope = Build(deep, "application/json");
        Assert.Equal(deep, Text(envelope, "data"));
    }

    [Fact]
    public void Read_NumericTraceId_HarmsNobody()
    {
        using var read = ReceivedEvent.Read("""{"traceid":5,"traceparent":{"a":1},"expiration":7}"""u8.ToArray(), raw: false, "pubsub", "orders");
        Assert.Equal("", read.TraceParent);
        Assert.False(read.HasExpired(Time.GetUtcNow()));
    }

    [Fact]
    public void Read_Raw_WrapsTheBytes()
    {
        using var read = ReceivedEvent.Read("not json"u8.ToArray(), raw: true, "pubsub", "orders");
        Assert.Equal("not json"u8.ToArray(), read.Fields.GetProperty("data_base64").GetBytesFromBase64());
        Assert.Equal(
            ["data_base64", "datacontenttype", "id", "pubsubname", "source", "specversion", "topic", "type"],
            read.Fields.EnumerateObject().Select(field => field.Name)
        );
    }

    private static JsonDocument Build(string body, string contentType, Dictionary<string, string>? metadata = null) =>
        Build(Encoding.UTF8.GetBytes(body), contentType, metadata ?? []);

    private static JsonDocument Build(byte[] body, string contentType, Dictionary<string, string> metadata) =>
        JsonDocument.Parse(
            EventEnvelope.Build(new OutgoingEvent("pubsub", "orders", body, contentType, Trace, ""), PublishMetadata.Read(metadata), "shop", Time),
            new JsonDocumentOptions { MaxDepth = 1000 }
        );

    private static string? Text(JsonDocument envelope, string name) => envelope.RootElement.GetProperty(name).GetString();
}
