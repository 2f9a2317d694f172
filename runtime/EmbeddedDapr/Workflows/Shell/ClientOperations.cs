using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Dispatch;
using Dapr.Embedded.Workflows.Engine;

namespace Dapr.Embedded.Workflows.Shell;

/// <summary>
/// What clients do with instances. What an answer acknowledges is on disk; the waits for effects are bounded, except those a client asked for.
/// </summary>
internal sealed class ClientOperations(EngineCore core)
{
    private static readonly char[] Unusable = ['/', '\\', '#', '?'];

    /// <summary>How long a raised event's answer waits for the turn that is out, so that it comes after that turn as with daprd.</summary>
    private static readonly TimeSpan OpenTurnWait = TimeSpan.FromSeconds(2);

    /// <summary>How long the answer to suspend and resume waits for the effect.</summary>
    private static readonly TimeSpan EffectWait = TimeSpan.FromSeconds(10);

    private readonly WorkerPresence workers = new(core);

    /// <summary>Creates an instance once a worker is there.</summary>
    /// <exception cref="WorkflowRefusal">The id cannot be used.</exception>
    public async Task<string> StartAsync(CreateInstanceRequest request, bool waitForTurn, CancellationToken cancellationToken)
    {
        var id = request.InstanceId.Length > 0 ? request.InstanceId : Guid.NewGuid().ToString();
        if (id.IndexOfAny(Unusable) >= 0)
            throw new WorkflowRefusal(RefusalReason.InvalidId, $"instance id is invalid \"{id}\": must not contain '/', '\\', '#' or '?'");
        await workers.ForStartAsync(cancellationToken).ConfigureAwait(false);
        Task durable;
        string execution;
        lock (core.Gate)
        {
            var existing = core.Table.Find(id);
            if (InstanceReuse.Refusal(core.Table, id, existing) is { } refusal)
                throw new WorkflowRefusal(RefusalReason.AlreadyExists, refusal);
            var context = core.Context;
            execution = context.NewExecutionId();
            var start = Starts.Event(
                id,
                request.Name,
                request.Input,
                request.ScheduledStartTimestamp,
                Starts.TraceOf(request.ParentTraceContext),
                core.AppId,
                Clock.ToTimestamp(context.Now),
                execution
            );
            durable = core.Create(existing, id, LogRecord.Received(start));
            core.Dispatcher.Pump();
        }
        await durable.ConfigureAwait(false);
        if (waitForTurn && request.ScheduledStartTimestamp is null)
            await WaitAsync(id, view => view is null || HasBegun(view) || ExecutionOf(view) != execution, null, cancellationToken)
                .ConfigureAwait(false);
        return id;
    }

    public InstanceView? Get(string instanceId)
    {
        lock (core.Gate)
            return core.Table.Find(instanceId)?.Published;
    }

    /// <summary>Waits until an instance of that id exists and has begun, or is over.</summary>
    public async Task<InstanceView> WaitAsync(string instanceId, bool untilOver, CancellationToken cancellationToken) =>
        (
            await WaitAsync(instanceId, view => view is not null && (untilOver ? view.IsOver : HasBegun(view)), null, cancellationToken)
                .ConfigureAwait(false)
        )!;

    /// <exception cref="WorkflowRefusal">Unknown or stalled instance, no worker.</exception>
    public async Task RaiseAsync(string instanceId, string name, string? input, CancellationToken cancellationToken)
    {
        await workers.ForInstanceAsync(instanceId, cancellationToken).ConfigureAwait(false);
        Task durable;
        int? openTurn = null;
        var generation = 0;
        lock (core.Gate)
        {
            var live = Require(instanceId);
            if (live.Turn is not null)
                (openTurn, generation) = (live.State.Turns, live.State.Generation);
            durable = Put(
                live,
                new HistoryEvent
                {
                    EventRaised = new EventRaisedEvent { Name = name, Input = input },
                }
            );
        }
        await durable.ConfigureAwait(false);
        if (openTurn is { } turn)
            await WaitAsync(
                    instanceId,
                    view => view is null || view.Turns > turn || view.Generation != generation || view.IsOver,
                    OpenTurnWait,
                    cancellationToken
                )
                .ConfigureAwait(false);
    }

    /// <summary>Terminates, and waits until the instance is over when asked to: at most as long as a worker has to take it.</summary>
    /// <exception cref="WorkflowRefusal">Unknown instance, no worker.</exception>
    public async Task TerminateAsync(string instanceId, string? output, bool recursive, bool wait, CancellationToken cancellationToken)
    {
        await workers.ForInstanceAsync(instanceId, cancellationToken).ConfigureAwait(false);
        await PutAsync(
                instanceId,
                new HistoryEvent
                {
                    ExecutionTerminated = new ExecutionTerminatedEvent { Input = output, Recurse = recursive },
                }
            )
            .ConfigureAwait(false);
        if (wait)
            await WaitAsync(instanceId, view => view is null || view.IsOver, null, cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="WorkflowRefusal">Unknown instance, no worker.</exception>
    public Task SuspendAsync(string instanceId, string? reason, bool wait, CancellationToken cancellationToken) =>
        ChangeAsync(instanceId, new HistoryEvent { ExecutionSuspended = new ExecutionSuspendedEvent { Input = reason } }, wait, cancellationToken);

    /// <exception cref="WorkflowRefusal">Unknown instance, no worker.</exception>
    public Task ResumeAsync(string instanceId, string? reason, bool wait, CancellationToken cancellationToken) =>
        ChangeAsync(instanceId, new HistoryEvent { ExecutionResumed = new ExecutionResumedEvent { Input = reason } }, wait, cancellationToken);

    /// <summary>Deletes an instance that is over (any when forced), with its children when recursive. Returns how many were deleted.</summary>
    /// <exception cref="WorkflowRefusal">Unknown instance, one that is not over, no worker.</exception>
    public async Task<int> PurgeAsync(string instanceId, bool recursive, bool force, CancellationToken cancellationToken)
    {
        await workers.ForInstanceAsync(instanceId, cancellationToken).ConfigureAwait(false);
        Task durable;
        List<LiveInstance> all;
        lock (core.Gate)
        {
            all = recursive ? Family(Require(instanceId)) : [Require(instanceId)];
            if (!force && all.Exists(live => !live.State.IsOver))
                throw new WorkflowRefusal(RefusalReason.NotCompleted, "orchestration has not yet completed");
            durable = core.Purge(all);
        }
        await durable.ConfigureAwait(false);
        return all.Count;
    }

    private async Task ChangeAsync(string instanceId, HistoryEvent happened, bool wait, CancellationToken cancellationToken)
    {
        await workers.ForInstanceAsync(instanceId, cancellationToken).ConfigureAwait(false);
        var position = await PutAsync(instanceId, happened).ConfigureAwait(false);
        if (wait)
            await WaitAsync(instanceId, view => view is null || view.IsOver || view.TakenCount >= position, EffectWait, cancellationToken)
                .ConfigureAwait(false);
    }

    /// <summary>Stores an event; the position is what the instance will have taken once it has taken this event.</summary>
    private async Task<long> PutAsync(string instanceId, HistoryEvent happened)
    {
        Task durable;
        long position;
        lock (core.Gate)
        {
            var live = Require(instanceId);
            durable = Put(live, happened);
            position = live.State.ReceivedCount;
        }
        await durable.ConfigureAwait(false);
        return position;
    }

    private Task Put(LiveInstance live, HistoryEvent happened)
    {
        happened.EventId = -1;
        happened.Timestamp = Clock.ToTimestamp(core.Time.GetUtcNow());
        var receipt = Receive.Check(live.State, happened);
        if (receipt == Receipt.Stalled)
            throw new WorkflowRefusal(RefusalReason.Stalled, $"failed to invoke method for workflow '{live.Id}': actor is stalled");
        if (receipt != Receipt.Stored)
            return Task.CompletedTask;
        var durable = core.Commit(live, LogRecord.Received(happened));
        core.Dispatcher.Pump();
        return durable;
    }

    private async Task<InstanceView?> WaitAsync(
        string instanceId,
        Func<InstanceView?, bool> fits,
        TimeSpan? limit,
        CancellationToken cancellationToken
    )
    {
        Waiters.Waiter waiter;
        lock (core.Gate)
        {
            var view = core.Table.Find(instanceId)?.Published;
            if (fits(view))
                return view;
            waiter = core.Waiters.Add(instanceId, fits);
        }
        try
        {
            return await waiter.Seen.WaitAsync(limit ?? Timeout.InfiniteTimeSpan, core.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            lock (core.Gate)
                core.Waiters.Remove(waiter);
        }
    }

    private LiveInstance Require(string instanceId) => core.Table.Find(instanceId) ?? throw WorkflowRefusal.NoSuchInstance();

    private List<LiveInstance> Family(LiveInstance root)
    {
        var all = new List<LiveInstance> { root };
        for (var i = 0; i < all.Count; i++)
        {
            foreach (var (app, child) in all[i].State.Children)
            {
                if (app is null && core.Table.Find(child) is { } live && !all.Contains(live))
                    all.Add(live);
            }
        }
        return all;
    }

    private static bool HasBegun(InstanceView view) => view.Status != OrchestrationStatus.Pending;

    private static string ExecutionOf(InstanceView view) => view.Start.ExecutionStarted.WorkflowInstance?.ExecutionId ?? "";
}
