using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using static EmbeddedDapr.Tests.TestSidecar;
using Stream = Grpc.Core.AsyncDuplexStreamingCall<
    Dapr.Client.Autogen.Grpc.v1.SubscribeTopicEventsRequestAlpha1,
    Dapr.Client.Autogen.Grpc.v1.SubscribeTopicEventsResponseAlpha1
>;
using Verdict = Dapr.AppCallback.Autogen.Grpc.v1.TopicEventResponse.Types.TopicEventResponseStatus;

namespace EmbeddedDapr.Tests.PubSub;

/// <summary>SubscribeTopicEventsAlpha1 by hand.</summary>
public sealed class StreamingSubscriptionTests
{
    private static readonly Method<SubscribeTopicEventsRequestAlpha1, SubscribeTopicEventsResponseAlpha1> Subscribe = new(
        MethodType.DuplexStreaming,
        "dapr.proto.runtime.v1.Dapr",
        "SubscribeTopicEventsAlpha1",
        Marshallers.Create(message => message.ToByteArray(), SubscribeTopicEventsRequestAlpha1.Parser.ParseFrom),
        Marshallers.Create(message => message.ToByteArray(), SubscribeTopicEventsResponseAlpha1.Parser.ParseFrom)
    );

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TwoStreamsOfOneTopic_EachGetsEveryEvent_AndBothAreInTheMetadata()
    {
        await using var sidecar = await StartAsync([Component("p", "pubsub.in-memory")], Token);
        using var channel = GrpcChannel.ForAddress(sidecar.Sidecar.GrpcEndpoint);
        using var one = await OpenAsync(channel);
        using var two = await OpenAsync(channel);
        await PublishAsync(sidecar, "x");
        Assert.Equal("\"x\"", await TakeAsync(one));
        Assert.Equal("\"x\"", await TakeAsync(two));
        var metadata = await sidecar.Http.GetStringAsync("/v1.0/metadata", Token);
        Assert.Equal(3, metadata.Split("\"type\":\"STREAMING\"").Length);

        await one.RequestStream.CompleteAsync();
        await Eventually.TrueAsync(
            async () => (await sidecar.Http.GetStringAsync("/v1.0/metadata", Token)).Split("STREAMING").Length == 2,
            "the closed stream is unsubscribed",
            Token
        );
        await PublishAsync(sidecar, "y");
        Assert.Equal("\"y\"", await TakeAsync(two));
    }

    [Fact]
    public async Task AnswersInAnyOrder_AreMatchedByTheirEvent()
    {
        // The broker gives a topic's events to a stream as fast as its concurrency lets it.
        await using var sidecar = await StartAsync([Component("p", "pubsub.in-memory", ("concurrency", "3"))], Token);
        using var channel = GrpcChannel.ForAddress(sidecar.Sidecar.GrpcEndpoint);
        using var stream = await OpenAsync(channel, deadLetterTopic: "dead");
        using var dead = await OpenAsync(channel, topic: "dead");
        foreach (var name in new[] { "a", "b", "c" })
            await PublishAsync(sidecar, name);
        var events = new Dictionary<string, string>();
        while (events.Count < 3)
        {
            Assert.True(await stream.ResponseStream.MoveNext(Token));
            events[stream.ResponseStream.Current.EventMessage.Data.ToStringUtf8()] = stream.ResponseStream.Current.EventMessage.Id;
        }
        await AnswerAsync(stream, events["\"c\""], Verdict.Success);
        await AnswerAsync(stream, events["\"b\""], Verdict.Drop);
        await AnswerAsync(stream, events["\"a\""], Verdict.Success);
        Assert.Equal("\"b\"", await TakeAsync(dead));
    }

    [Fact]
    public async Task ClientLeavesWithoutAnAnswer_TheEventIsThereForTheNextStream()
    {
        await using var sidecar = await StartAsync([Component("p", "pubsub.sqlite", ("connectionString", "$FOLDER/p.db"))], Token);
        using var channel = GrpcChannel.ForAddress(sidecar.Sidecar.GrpcEndpoint);
        using (var first = await OpenAsync(channel))
        {
            await PublishAsync(sidecar, "x");
            Assert.True(await first.ResponseStream.MoveNext(Token));
        }
        using var second = await OpenAsync(channel);
        Assert.Equal("\"x\"", await TakeAsync(second));
    }

    [Fact]
    public async Task FirstMessageIsNoInitialRequest_TheStreamEndsWithInvalidArgument()
    {
        await using var sidecar = await StartAsync([Component("p", "pubsub.in-memory")], Token);
        using var channel = GrpcChannel.ForAddress(sidecar.Sidecar.GrpcEndpoint);
        using var stream = channel.CreateCallInvoker().AsyncDuplexStreamingCall(Subscribe, null, new CallOptions(cancellationToken: Token));
        await AnswerAsync(stream, "no-event", Verdict.Success);
        var error = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(Token));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
    }

    private static async Task<Stream> OpenAsync(GrpcChannel channel, string topic = "t", string deadLetterTopic = "")
    {
        var stream = channel.CreateCallInvoker().AsyncDuplexStreamingCall(Subscribe, null, new CallOptions(cancellationToken: Token));
        await stream.RequestStream.WriteAsync(
            new SubscribeTopicEventsRequestAlpha1
            {
                InitialRequest = new()
                {
                    PubsubName = "p",
                    Topic = topic,
                    DeadLetterTopic = deadLetterTopic,
                },
            },
            Token
        );
        Assert.True(await stream.ResponseStream.MoveNext(Token));
        Assert.NotNull(stream.ResponseStream.Current.InitialResponse);
        return stream;
    }

    /// <summary>The next event, acknowledged.</summary>
    private static async Task<string> TakeAsync(Stream stream)
    {
        Assert.True(await stream.ResponseStream.MoveNext(Token));
        var received = stream.ResponseStream.Current.EventMessage;
        await AnswerAsync(stream, received.Id, Verdict.Success);
        return received.Data.ToStringUtf8();
    }

    private static Task AnswerAsync(Stream stream, string id, Verdict verdict) =>
        stream.RequestStream.WriteAsync(
            new SubscribeTopicEventsRequestAlpha1
            {
                EventProcessed = new()
                {
                    Id = id,
                    Status = new() { Status = verdict },
                },
            },
            Token
        );

    private static async Task PublishAsync(TestSidecar sidecar, string data)
    {
        using var client = sidecar.Client();
        await client.PublishEventAsync("p", "t", data, Token);
    }
}
