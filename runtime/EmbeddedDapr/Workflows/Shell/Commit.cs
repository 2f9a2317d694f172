using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Dispatch;
using Dapr.Embedded.Workflows.Engine;
using Dapr.Embedded.Workflows.Store;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Embedded.Workflows.Shell;

/// <summary>
/// One transaction: a record of one instance and what it brings about in other instances of the app, so that a child and its parent can
/// never disagree. Made under the engine's lock.
/// </summary>
internal sealed class Commit
{
    private readonly EngineCore core;
    private readonly List<(LiveInstance Live, InstanceView View, LogRecord Record)> steps = [];
    private readonly List<LiveInstance> deleted = [];

    public Commit(EngineCore core)
    {
        this.core = core;
        Unit.OnDurable = OnDurable;
    }

    public StoreUnit Unit { get; } = new();

    /// <summary>What parents of other apps are told at once: their child could not start, or was over already.</summary>
    public List<Message> Answers { get; } = [];

    public void Write(LiveInstance live, LogRecord record)
    {
        var state = live.State;
        state.Apply(record);
        var open = !state.IsOver || state.Outbox.Count > 0;
        Unit.Writes.Add(new StoreWrite.Append(live.Key, live.NextPosition, record, open == live.OpenInStore ? null : open));
        live.OpenInStore = open;
        // A new generation stands for itself once nothing older is owed to anybody.
        if (record.Kind == RecordKind.Generation && state.Outbox.Count == 0 && !state.Suspended)
            Unit.Writes.Add(new StoreWrite.Trim(live.Key, live.NextPosition));
        live.NextPosition++;
        live.Unwritten++;
        live.Written = Unit.Durable;
        steps.Add((live, InstanceView.Of(state), record));
        if (record.Kind == RecordKind.Generation)
            core.DropWork(live);
        foreach (var one in record.Events)
            core.ArmFor(live, one.Event);
        core.Consider(live);
    }

    public LiveInstance Create(LiveInstance? before, string instanceId, IEnumerable<LogRecord> records)
    {
        if (before is not null)
            Delete(before);
        var live = core.Table.Create(instanceId);
        Unit.Writes.Add(new StoreWrite.Insert(live.Key, instanceId));
        foreach (var record in records)
            Write(live, record);
        return live;
    }

    public void Delete(LiveInstance live)
    {
        live.Purged = true;
        core.Consider(live);
        Unit.Writes.Add(new StoreWrite.Delete(live.Key));
        deleted.Add(live);
    }

    public void Deliver(IReadOnlyList<Message> messages)
    {
        var queue = new Queue<Message>(messages);
        while (queue.TryDequeue(out var message))
        {
            if (message.Event.EventTypeCase == Kind.ExecutionStarted)
                DeliverStart(message, queue);
            else if (
                core.Table.Find(message.Instance) is { } live
                && Receive.Check(live.State, message.Event, message.ExecutionId) is Receipt.Stored or Receipt.Stalled
            )
                Write(live, LogRecord.Received(message.Event));
        }
    }

    private void DeliverStart(Message message, Queue<Message> queue)
    {
        var start = message.Event.ExecutionStarted;
        var live = core.Table.Find(message.Instance);
        if (live is not null && start.ParentInstance is { } parent && IsSameChild(live.State.Start?.ExecutionStarted.ParentInstance, parent))
        {
            // The parent repeats itself after a restart; it may have missed the end.
            if (live.State.Completed is { } end)
                Answer(parent, end.ExecutionCompleted, queue);
            return;
        }
        var refusal = InstanceReuse.Refusal(core.Table, message.Instance, live);
        if (refusal is null)
            Create(live, message.Instance, [LogRecord.Received(message.Event)]);
        else if (start.ParentInstance is { } waiting)
        {
            var failure = new TaskFailureDetails { ErrorType = "WorkflowInstanceAlreadyExists", ErrorMessage = refusal };
            Answer(waiting, new ExecutionCompletedEvent { WorkflowStatus = OrchestrationStatus.Failed, FailureDetails = failure }, queue);
        }
    }

    /// <summary>Tells the parent of a child that could not start, or that was already over.</summary>
    private void Answer(ParentInstanceInfo parent, ExecutionCompletedEvent end, Queue<Message> queue)
    {
        var happened =
            end.WorkflowStatus == OrchestrationStatus.Completed
                ? new HistoryEvent
                {
                    ChildWorkflowInstanceCompleted = new ChildWorkflowInstanceCompletedEvent
                    {
                        TaskScheduledId = parent.TaskScheduledId,
                        Result = end.Result,
                    },
                }
                : new HistoryEvent
                {
                    ChildWorkflowInstanceFailed = new ChildWorkflowInstanceFailedEvent
                    {
                        TaskScheduledId = parent.TaskScheduledId,
                        FailureDetails = end.FailureDetails,
                    },
                };
        happened.EventId = -1;
        happened.Timestamp = Clock.ToTimestamp(core.Time.GetUtcNow());
        var message = new Message(null, parent.WorkflowInstance.InstanceId, happened, parent.WorkflowInstance.ExecutionId);
        if (parent.HasAppID && parent.AppID != core.AppId)
            Answers.Add(message);
        else
            queue.Enqueue(message);
    }

    private static bool IsSameChild(ParentInstanceInfo? known, ParentInstanceInfo parent) =>
        known is not null && known.TaskScheduledId == parent.TaskScheduledId && Equals(known.WorkflowInstance, parent.WorkflowInstance);

    private void OnDurable()
    {
        lock (core.Gate)
        {
            foreach (var (live, view, record) in steps)
            {
                live.Unwritten--;
                live.Published = view;
                if (record.Kind is RecordKind.Turn or RecordKind.Seed)
                    StartActivities(live, record);
                if (live.Purged)
                    continue;
                if (record.Outbox is { Count: > 0 })
                    core.HasOutbox(live);
                core.Waiters.Show(live.Id, view);
                if (view.IsOver && record.Kind == RecordKind.Turn)
                    core.ArmRetention(live);
            }
            foreach (var live in deleted)
            {
                core.Table.Forget(live);
                core.Waiters.Show(live.Id, core.Table.InMemory(live.Id)?.Published);
            }
            core.Dispatcher.Pump();
        }
    }

    private void StartActivities(LiveInstance live, LogRecord record)
    {
        var ended = record.Events.Any(one => one.Kind == Kind.ExecutionCompleted);
        foreach (var one in record.Events)
        {
            if (one.Kind == Kind.TaskScheduled)
                core.Start(live, one.Event, ended);
        }
    }
}
