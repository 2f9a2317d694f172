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
        return Marshallers.Create(Write, context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
    }

    private static void Write<T>(T message, SerializationContext context)
        where T : IMessage
    {
        context.SetPayloadLength(message.CalculateSize());
        message.WriteTo(context.GetBufferWriter());
        context.Complete();
    }
}
