using Google.Protobuf;
using Grpc.Core;

namespace Dapr.Embedded.Hosting;

/// <summary>Marshallers for protobuf messages, for methods bound by hand on either side.</summary>
internal static class GrpcMarshalling
{
    public static Marshaller<T> Of<T>()
        where T : class, IMessage<T>, new()
    {
        var parser = new MessageParser<T>(static () => new T());
        return Marshallers.Create(Write, context => Read(parser, context));
    }

    /// <summary>
    /// Bytes that are no message are the sender's fault, with the status that gRPC for Go gives. The reader of wrapped numbers throws
    /// InvalidOperationException where they break off.
    /// </summary>
    private static T Read<T>(MessageParser<T> parser, DeserializationContext context)
        where T : class, IMessage<T>
    {
        try
        {
            return parser.ParseFrom(context.PayloadAsReadOnlySequence());
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or InvalidOperationException)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"grpc: failed to unmarshal the received message: {error.Message}"));
        }
    }

    private static void Write<T>(T message, SerializationContext context)
        where T : IMessage
    {
        context.SetPayloadLength(message.CalculateSize());
        message.WriteTo(context.GetBufferWriter());
        context.Complete();
    }
}
