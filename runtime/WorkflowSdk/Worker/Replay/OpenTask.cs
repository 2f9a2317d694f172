using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Worker.Replay;

/// <summary>The kinds of tasks that an event completes.</summary>
internal enum TaskKind
{
    Activity,
    ChildWorkflow,
    Timer,
}

/// <summary>A task that the code was given and whose completion has not come.</summary>
internal sealed class OpenTask(TaskKind kind, string taskExecutionId)
{
    public TaskKind Kind { get; } = kind;

    /// <summary>Which attempt it is; empty where the kind has none. A recorded one replaces ours.</summary>
    public string TaskExecutionId { get; set; } = taskExecutionId;

    /// <summary>Completed inline, on the thread that plays the history.</summary>
    public TaskCompletionSource<HistoryEvent> Source { get; } = new();
}
