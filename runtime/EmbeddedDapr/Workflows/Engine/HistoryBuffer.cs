using Dapr.DurableTask.Protobuf;

namespace Dapr.Embedded.Workflows.Engine;

/// <summary>
/// The committed history of one generation as bytes: it only grows, and what was written never changes, so a snapshot is a pointer and a
/// length, and a turn of a long history costs one copy of bytes instead of a new serialization.
/// </summary>
internal sealed class HistoryBuffer
{
    private byte[] bytes = [];

    public int Length { get; private set; }

    /// <summary>Number of events.</summary>
    public int Count { get; private set; }

    public ReadOnlyMemory<byte> Snapshot => bytes.AsMemory(0, Length);

    public void Append(byte[] frame)
    {
        if (Length + frame.Length > bytes.Length)
            Array.Resize(ref bytes, Math.Max(Math.Max(512, bytes.Length * 2), Length + frame.Length));
        frame.CopyTo(bytes, Length);
        Length += frame.Length;
        Count++;
    }

    public IReadOnlyList<HistoryEvent> Events() => FramedEvent.Parse(Snapshot.Span);
}
