using Dapr.DurableTask.Protobuf;

namespace Dapr.Embedded.Workflows.Engine;

/// <summary>What a record of an instance's log tells. The numbers are in the store.</summary>
internal enum RecordKind
{
    /// <summary>Events came from outside and wait in the inbox.</summary>
    Received = 1,

    /// <summary>A turn was answered: it took events of the inbox into history and added events made from actions.</summary>
    Turn = 2,

    /// <summary>Continue-as-new: history begins again; the events are the whole new inbox.</summary>
    Generation = 3,

    /// <summary>A rerun begins with the history of another instance.</summary>
    Seed = 4,

    /// <summary>The oldest <see cref="LogRecord.Taken"/> messages of the outbox reached their app.</summary>
    Delivered = 5,
}

/// <summary>
/// One step of an instance, and the unit of durability: the state is the fold of its log, so recovery after a crash runs the very code
/// that ran before it (<see cref="InstanceState.Apply"/>).
/// </summary>
/// <param name="Kind">What happened.</param>
/// <param name="Events">
/// Received, Generation: new inbox events. Turn: workflowStarted (not when it stalled), then events made from actions. Seed: history.
/// </param>
/// <param name="Taken">Turn: inbox events that moved into history. Generation: its number. Delivered: messages that left the outbox.</param>
/// <param name="CustomStatus">Turn and Generation: the custom status from now on, null for none.</param>
/// <param name="Outbox">Turn and Generation: messages for instances of other apps, to be delivered until acknowledged.</param>
internal sealed record LogRecord(
    RecordKind Kind,
    IReadOnlyList<FramedEvent> Events,
    int Taken = 0,
    string? CustomStatus = null,
    IReadOnlyList<Message>? Outbox = null
)
{
    public static LogRecord Received(params IEnumerable<HistoryEvent> events) => new(RecordKind.Received, FramedEvent.Of(events));
}

/// <summary>An event for another instance: a start, the end of a child, a raised event, a termination.</summary>
/// <param name="App">The app of the instance, null for the own app.</param>
/// <param name="Instance">Instance id.</param>
/// <param name="Event">What it gets into its inbox.</param>
/// <param name="ExecutionId">When set, only that execution of the instance takes it (the end of a child of an older generation is nobody's).</param>
internal sealed record Message(string? App, string Instance, HistoryEvent Event, string? ExecutionId = null);
