using Dapr.DurableTask.Protobuf;
using Google.Protobuf;

namespace Dapr.Embedded.Workflows.Engine;

/// <summary>
/// A history event with its bytes on the wire, made once: tag of WorkflowRequest.pastEvents, length, event. Frames one after another are
/// the pastEvents of a work item as well as a row of the log, so neither is ever serialized again.
/// </summary>
internal readonly record struct FramedEvent(HistoryEvent Event, byte[] Frame)
{
    /// <summary>Tag of WorkflowRequest.pastEvents (field 3, length-delimited).</summary>
    public const byte PastTag = 0x1A;

    /// <summary>Tag of WorkflowRequest.newEvents (field 4, length-delimited).</summary>
    public const byte NewTag = 0x22;

    public HistoryEvent.EventTypeOneofCase Kind => Event.EventTypeCase;

    public static FramedEvent Of(HistoryEvent happened)
    {
        var size = happened.CalculateSize();
        var frame = new byte[1 + CodedOutputStream.ComputeLengthSize(size) + size];
        using var output = new CodedOutputStream(frame);
        output.WriteRawTag(PastTag);
        output.WriteLength(size);
        happened.WriteTo(output);
        output.Flush();
        return new FramedEvent(happened, frame);
    }

    public static FramedEvent[] Of(IEnumerable<HistoryEvent> events) => [.. events.Select(Of)];

    /// <summary>The events of frames that stand one after another.</summary>
    public static IReadOnlyList<HistoryEvent> Parse(ReadOnlySpan<byte> frames) => WorkflowRequest.Parser.ParseFrom(frames).PastEvents;
}
