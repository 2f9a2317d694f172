using Dapr.Workflow.Client;
using Proto = Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Worker.Replay;

/// <summary>Reads the history that a caller passed on.</summary>
internal static class PropagatedHistoryReader
{
    public static PropagatedHistory? Read(Proto.PropagatedHistory? history) =>
        history is null ? null : new PropagatedHistory((HistoryPropagationScope)(int)history.Scope, [.. history.Chunks.Select(ReadChunk)]);

    private static PropagatedHistoryEvent ReadChunk(Proto.PropagatedHistoryChunk chunk)
    {
        var events = chunk.RawEvents.Select(raw => Proto.HistoryEvent.Parser.ParseFrom(raw)).ToArray();
        return new PropagatedHistoryEvent(
            chunk.AppId,
            chunk.InstanceId,
            chunk.WorkflowName,
            [.. events.Where(each => each.TaskScheduled is not null).Select(each => ReadActivity(each, events))],
            [.. events.Where(each => each.ChildWorkflowInstanceCreated is not null).Select(each => ReadChild(each, events))]
        );
    }

    private static PropagatedHistoryActivityResult ReadActivity(Proto.HistoryEvent scheduled, Proto.HistoryEvent[] events)
    {
        var completed = Array.Find(events, each => each.TaskCompleted?.TaskScheduledId == scheduled.EventId)?.TaskCompleted;
        var failed = Array.Find(events, each => each.TaskFailed?.TaskScheduledId == scheduled.EventId)?.TaskFailed;
        return new PropagatedHistoryActivityResult(
            scheduled.TaskScheduled.Name,
            StatusOf(completed is not null, failed is not null),
            scheduled.TaskScheduled.Input,
            completed?.Result,
            failed is null ? null : ProtoConversions.ToFailureDetails(failed.FailureDetails)
        );
    }

    private static PropagatedHistoryWorkflowResult ReadChild(Proto.HistoryEvent created, Proto.HistoryEvent[] events)
    {
        var child = created.ChildWorkflowInstanceCreated;
        var completed = Array
            .Find(events, each => each.ChildWorkflowInstanceCompleted?.TaskScheduledId == created.EventId)
            ?.ChildWorkflowInstanceCompleted;
        var failed = Array.Find(events, each => each.ChildWorkflowInstanceFailed?.TaskScheduledId == created.EventId)?.ChildWorkflowInstanceFailed;
        return new PropagatedHistoryWorkflowResult(
            child.Name,
            child.InstanceId,
            StatusOf(completed is not null, failed is not null),
            child.Input,
            completed?.Result,
            failed is null ? null : ProtoConversions.ToFailureDetails(failed.FailureDetails)
        );
    }

    private static PropagatedHistoryStatus StatusOf(bool completed, bool failed) =>
        completed ? PropagatedHistoryStatus.Completed
        : failed ? PropagatedHistoryStatus.Failed
        : PropagatedHistoryStatus.Running;
}
