using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Dispatch;
using Dapr.Embedded.Workflows.Engine;

namespace Dapr.Embedded.Workflows.Shell;

/// <summary>What workers do: open streams and answer turns and activities. An answer to nothing that is out is accepted and ignored.</summary>
internal sealed class WorkerOperations(EngineCore core)
{
    public WorkerStream Open(string userAgent, bool keepsHistory)
    {
        var stream = new WorkerStream(userAgent, keepsHistory);
        lock (core.Gate)
            core.Dispatcher.Open(stream);
        return stream;
    }

    public void Close(WorkerStream stream)
    {
        lock (core.Gate)
            core.Dispatcher.Close(stream);
    }

    /// <summary>Completes when the turn is on disk.</summary>
    public Task CompleteTurnAsync(WorkflowResponse answer)
    {
        lock (core.Gate)
        {
            if (
                core.Table.InMemory(answer.InstanceId) is not { Turn: { } lease } live
                || (answer.CompletionToken.Length > 0 && answer.CompletionToken != lease.Token)
            )
                return Task.CompletedTask;
            core.Dispatcher.EndTurn(live);
            var result = Turn.Complete(live.State, lease.Open, answer, core.Context);
            var durable = Task.CompletedTask;
            if (result.Record is { } record)
                durable = core.Commit(live, record, result.Messages);
            else
                core.Consider(live);
            core.Dispatcher.Pump();
            return durable;
        }
    }

    /// <summary>Completes when the result is on disk: an activity that was acknowledged never runs again.</summary>
    public Task CompleteActivityAsync(ActivityResponse answer)
    {
        lock (core.Gate)
        {
            if (core.Dispatcher.FindOut(answer.InstanceId, answer.TaskId, answer.CompletionToken) is not { } work)
                return Task.CompletedTask;
            core.Dispatcher.End(work);
            var durable = Take(work, answer);
            core.Dispatcher.Pump();
            return durable;
        }
    }

    /// <summary>Takes the result of an activity that another app ran.</summary>
    public Task TakeFromElsewhereAsync(ActivityWork work, ActivityResponse answer)
    {
        lock (core.Gate)
        {
            var durable = Take(work, answer);
            core.Dispatcher.Pump();
            return durable;
        }
    }

    private Task Take(ActivityWork work, ActivityResponse answer)
    {
        if (work.Caller is { } caller)
        {
            caller.TrySetResult(answer);
            return Task.CompletedTask;
        }
        if (
            work.Cancelled
            || work.Orphan
            || core.Table.InMemory(work.InstanceId) is not { } live
            || !live.State.Tasks.TryGetValue(work.TaskId, out var scheduled)
        )
            return Task.CompletedTask;
        live.Activities.Remove(work.TaskId);
        return core.Commit(live, LogRecord.Received(ResultOf(scheduled, answer)));
    }

    private HistoryEvent ResultOf(HistoryEvent scheduled, ActivityResponse answer)
    {
        var happened = answer.FailureDetails is { } failure
            ? new HistoryEvent
            {
                TaskFailed = new TaskFailedEvent
                {
                    TaskScheduledId = scheduled.EventId,
                    FailureDetails = failure,
                    TaskExecutionId = scheduled.TaskScheduled.TaskExecutionId,
                },
            }
            : new HistoryEvent
            {
                TaskCompleted = new TaskCompletedEvent
                {
                    TaskScheduledId = scheduled.EventId,
                    Result = answer.Result,
                    TaskExecutionId = scheduled.TaskScheduled.TaskExecutionId,
                },
            };
        happened.EventId = -1;
        happened.Timestamp = Clock.ToTimestamp(core.Time.GetUtcNow());
        happened.Router = scheduled.Router;
        return happened;
    }
}
