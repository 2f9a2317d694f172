using Dapr.DurableTask.Protobuf;

namespace Dapr.Embedded.Workflows.Engine;

/// <summary>What an answered turn leads to: a record for the log and messages for instances of the same app.</summary>
/// <param name="Record">Null when nothing is to be recorded (stalled as before).</param>
/// <param name="Messages">For instances of this app, to be committed together with the record.</param>
internal sealed record TurnResult(LogRecord? Record, IReadOnlyList<Message> Messages);

/// <summary>A turn as it was handed to a worker.</summary>
/// <param name="Taken">Events of the inbox that it has.</param>
/// <param name="Started">Its workflowStarted.</param>
internal sealed record OpenTurn(int Taken, HistoryEvent Started);

/// <summary>Facts from outside that a turn needs, so that deciding is free of clock and chance.</summary>
internal sealed record TurnContext(string AppId, DateTimeOffset Now, Func<string> NewExecutionId);
