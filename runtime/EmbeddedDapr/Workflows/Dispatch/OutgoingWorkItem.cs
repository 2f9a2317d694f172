using System.Buffers;
using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Engine;
using Google.Protobuf;
using Grpc.Core;

namespace Dapr.Embedded.Workflows.Dispatch;

/// <summary>
/// A WorkItem message as it goes out. A turn is written from the bytes of its history, without making or serializing the events again.
/// </summary>
internal abstract class OutgoingWorkItem
{
    private const byte WorkflowRequestTag = 0x0A;
    private const byte InstanceIdTag = 0x0A;
    private const byte CachedHistoryTag = 0x4A;
    private const byte CompletionTokenTag = 0x52;

    public static Marshaller<OutgoingWorkItem> Marshaller { get; } =
        Marshallers.Create<OutgoingWorkItem>((item, context) => item.Write(context), _ => throw new NotSupportedException("work items only go out"));

    /// <param name="instanceId">The instance.</param>
    /// <param name="held">Events of history that the worker keeps; 0 when it gets all.</param>
    /// <param name="past">History after those.</param>
    /// <param name="frames">New events.</param>
    /// <param name="token">Completion token.</param>
    public static OutgoingWorkItem Turn(string instanceId, int held, ReadOnlyMemory<byte> past, IReadOnlyList<byte[]> frames, string token) =>
        new TurnItem(instanceId, held, past, frames, token);

    public static OutgoingWorkItem Activity(ActivityRequest request, string token) =>
        new ActivityItem(new WorkItem { ActivityRequest = request, CompletionToken = token });

    protected abstract int Size { get; }

    protected abstract void WriteTo(IBufferWriter<byte> output);

    private void Write(SerializationContext context)
    {
        context.SetPayloadLength(Size);
        WriteTo(context.GetBufferWriter());
        context.Complete();
    }

    private sealed class ActivityItem(WorkItem item) : OutgoingWorkItem
    {
        protected override int Size => item.CalculateSize();

        protected override void WriteTo(IBufferWriter<byte> output) => item.WriteTo(output);
    }

    private sealed class TurnItem : OutgoingWorkItem
    {
        private readonly byte[] head;
        private readonly ReadOnlyMemory<byte> past;
        private readonly IReadOnlyList<byte[]> frames;
        private readonly byte[] tail;
        private readonly int size;

        public TurnItem(string instanceId, int held, ReadOnlyMemory<byte> past, IReadOnlyList<byte[]> frames, string token)
        {
            this.past = past;
            this.frames = frames;
            var cached = held > 0 ? new CachedHistory { EventCount = held } : null;
            var fields =
                1 + CodedOutputStream.ComputeStringSize(instanceId) + (cached is null ? 0 : 1 + CodedOutputStream.ComputeMessageSize(cached));
            var request = fields + past.Length + frames.Sum(frame => frame.Length);
            head = new byte[1 + CodedOutputStream.ComputeLengthSize(request) + fields];
            using (var output = new CodedOutputStream(head))
            {
                output.WriteRawTag(WorkflowRequestTag);
                output.WriteLength(request);
                output.WriteRawTag(InstanceIdTag);
                output.WriteString(instanceId);
                if (cached is not null)
                {
                    output.WriteRawTag(CachedHistoryTag);
                    output.WriteMessage(cached);
                }
            }
            tail = new byte[1 + CodedOutputStream.ComputeStringSize(token)];
            using (var output = new CodedOutputStream(tail))
            {
                output.WriteRawTag(CompletionTokenTag);
                output.WriteString(token);
            }
            size = head.Length + past.Length + frames.Sum(frame => frame.Length) + tail.Length;
        }

        protected override int Size => size;

        protected override void WriteTo(IBufferWriter<byte> output)
        {
            output.Write(head);
            output.Write(past.Span);
            foreach (var frame in frames)
            {
                var into = output.GetSpan(frame.Length);
                frame.CopyTo(into);
                into[0] = FramedEvent.NewTag;
                output.Advance(frame.Length);
            }
            output.Write(tail);
        }
    }
}
