using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Engine;
using Google.Protobuf;

namespace Dapr.Embedded.Workflows.Store;

/// <summary>Log records to and from the columns of a row.</summary>
internal static class RecordCodec
{
    /// <summary>The frames of the events one after another.</summary>
    public static byte[] Events(LogRecord record)
    {
        if (record.Events.Count == 1)
            return record.Events[0].Frame;
        var blob = new byte[record.Events.Sum(one => one.Frame.Length)];
        var at = 0;
        foreach (var one in record.Events)
        {
            one.Frame.CopyTo(blob, at);
            at += one.Frame.Length;
        }
        return blob;
    }

    /// <summary>The outbox, null when there is none.</summary>
    public static byte[]? Outbox(LogRecord record) => record.Outbox is { Count: > 0 } outbox ? WriteMessages(outbox) : null;

    public static LogRecord Read(int kind, int taken, string? customStatus, byte[] events, byte[]? outbox) =>
        new((RecordKind)kind, FramedEvent.Of(FramedEvent.Parse(events)), taken, customStatus, outbox is null ? null : ReadMessages(outbox));

    /// <summary>A message as it travels between sidecars: the receiving instance and one new event.</summary>
    public static WorkflowRequest Envelope(Message message) =>
        new()
        {
            InstanceId = message.Instance,
            ExecutionId = message.ExecutionId,
            NewEvents = { message.Event },
            Router = message.App is null ? null : new TaskRouter { TargetAppID = message.App },
        };

    /// <exception cref="FormatException">It does not hold one event.</exception>
    public static Message Open(WorkflowRequest envelope) =>
        envelope.NewEvents.Count == 1
            ? new Message(
                envelope.Router is { HasTargetAppID: true } to ? to.TargetAppID : null,
                envelope.InstanceId,
                envelope.NewEvents[0],
                envelope.ExecutionId
            )
            : throw new FormatException($"a message for workflow '{envelope.InstanceId}' holds {envelope.NewEvents.Count} events instead of one");

    /// <summary>Messages as length-delimited envelopes.</summary>
    public static byte[] WriteMessages(IEnumerable<Message> messages)
    {
        using var buffer = new MemoryStream();
        foreach (var message in messages)
            Envelope(message).WriteDelimitedTo(buffer);
        return buffer.ToArray();
    }

    public static IReadOnlyList<Message> ReadMessages(byte[] blob)
    {
        using var buffer = new MemoryStream(blob);
        var messages = new List<Message>();
        while (buffer.Position < buffer.Length)
            messages.Add(Open(WorkflowRequest.Parser.ParseDelimitedFrom(buffer)));
        return messages;
    }
}
