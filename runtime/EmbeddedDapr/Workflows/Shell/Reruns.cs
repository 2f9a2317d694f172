using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Engine;
using Grpc.Core;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;
using Status = Grpc.Core.Status;

namespace Dapr.Embedded.Workflows.Shell;

/// <summary>RerunWorkflowFromEvent: a new instance that has the history of another up to an activity, timer or child, and does that again.</summary>
internal sealed class Reruns(EngineCore core)
{
    /// <summary>Returns the id of the new instance once it is on disk.</summary>
    /// <exception cref="RpcException">NOT_FOUND, INVALID_ARGUMENT or ALREADY_EXISTS.</exception>
    public async Task<string> RerunAsync(RerunWorkflowFromEventRequest request)
    {
        var id = request is { HasNewInstanceID: true, NewInstanceID.Length: > 0 } ? request.NewInstanceID : Guid.NewGuid().ToString();
        Task durable;
        lock (core.Gate)
        {
            var source =
                core.Table.Find(request.SourceInstanceID)
                ?? throw Refuse(StatusCode.NotFound, $"workflow instance does not exist with ID '{request.SourceInstanceID}'");
            if (!source.State.IsOver)
                throw Refuse(StatusCode.InvalidArgument, $"'{request.SourceInstanceID}' is not in a terminal state");
            var history = source.State.History.Events();
            var target = Target(history, request.EventID);
            if (core.Table.Find(id) is not null)
                throw Refuse(StatusCode.AlreadyExists, $"workflow '{id}' has already been created");
            var seed = Seed(history, target, request, id);
            durable = Begin(id, seed);
        }
        await durable.ConfigureAwait(false);
        return id;
    }

    private static HistoryEvent Target(IReadOnlyList<HistoryEvent> history, uint eventId)
    {
        var found = history.Where(one => one.EventId == (int)eventId).ToList();
        if (found.Count == 0)
            throw Refuse(StatusCode.NotFound, $"does not have history event with ID '{eventId}'");
        return found.FirstOrDefault(one => one.EventTypeCase is Kind.TaskScheduled or Kind.TimerCreated or Kind.ChildWorkflowInstanceCreated)
            ?? throw Refuse(
                StatusCode.NotFound,
                $"target event '*protos.HistoryEvent_{found[0].EventTypeCase}' with ID '{eventId}' is not an event that can be rerun"
            );
    }

    private List<HistoryEvent> Seed(IReadOnlyList<HistoryEvent> history, HistoryEvent target, RerunWorkflowFromEventRequest request, string id)
    {
        var seed = history
            .TakeWhile(one => one != target)
            .Where(one => one.EventTypeCase != Kind.ExecutionStalled)
            .Select(one => one.Clone())
            .ToList();
        var start = seed.Find(one => one.EventTypeCase == Kind.ExecutionStarted);
        if (start is not null)
        {
            start.ExecutionStarted.WorkflowInstance = new WorkflowInstance { InstanceId = id, ExecutionId = core.Context.NewExecutionId() };
            // The parent of the source has its answer.
            start.ExecutionStarted.ParentInstance = null;
            start.ExecutionStarted.ScheduledStartTimestamp = null;
        }
        var again = target.Clone();
        again.Timestamp = Clock.ToTimestamp(core.Time.GetUtcNow());
        var from = new RerunParentInstanceInfo { InstanceID = request.SourceInstanceID };
        switch (again.EventTypeCase)
        {
            case Kind.TaskScheduled:
                again.TaskScheduled.RerunParentInstanceInfo = from;
                if (request.OverwriteInput)
                    again.TaskScheduled.Input = request.Input;
                break;
            case Kind.TimerCreated:
                again.TimerCreated.RerunParentInstanceInfo = from;
                break;
            default:
                var child = again.ChildWorkflowInstanceCreated;
                child.RerunParentInstanceInfo = from;
                child.InstanceId = request is { HasNewChildWorkflowInstanceID: true, NewChildWorkflowInstanceID.Length: > 0 }
                    ? request.NewChildWorkflowInstanceID
                    : ActionEvents.ChildId(id, again.EventId);
                if (request.OverwriteInput)
                    child.Input = request.Input;
                break;
        }
        seed.Add(again);
        return seed;
    }

    /// <summary>Creates the instance and starts the children that its history has outstanding.</summary>
    private Task Begin(string id, List<HistoryEvent> seed)
    {
        var events = FramedEvent.Of(seed);
        var state = new InstanceState(id);
        state.Apply(new LogRecord(RecordKind.Seed, events));
        var children = state
            .OpenChildren.Values.Select(created => new Message(
                created.Router is { HasTargetAppID: true } to ? to.TargetAppID : null,
                created.ChildWorkflowInstanceCreated.InstanceId,
                ActionEvents.ChildStart(state, created, core.Context)
            ))
            .ToLookup(child => child.App is null);
        var commit = new Commit(core);
        commit.Create(null, id, [new LogRecord(RecordKind.Seed, events, Outbox: [.. children[false]])]);
        commit.Deliver([.. children[true]]);
        return core.Enqueue(commit);
    }

    private static RpcException Refuse(StatusCode code, string message) => new(new Status(code, message));
}
