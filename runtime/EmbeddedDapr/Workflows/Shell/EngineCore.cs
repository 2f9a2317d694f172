using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Dispatch;
using Dapr.Embedded.Workflows.Engine;
using Dapr.Embedded.Workflows.Store;
using Microsoft.Extensions.Logging;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Embedded.Workflows.Shell;

/// <summary>Facts about the app whose workflows an engine runs.</summary>
/// <param name="AppId">Source of routers.</param>
/// <param name="LargestItemBytes">A turn that is larger is not handed out.</param>
/// <param name="MaxBodyBytes">For the message of a stalled instance.</param>
internal sealed record EngineFacts(
    string AppId,
    int LargestItemBytes,
    int MaxBodyBytes,
    ConcurrencyLimits Limits,
    RetentionPolicy Retention,
    TimeProvider Time,
    ILogger Log
);

/// <summary>
/// Where decisions become durable. Under one lock the pure engine decides, the record is applied in memory and queued for the store;
/// when it is on disk, clients see it and activities start. Nothing in here waits for the disk or a worker.
/// </summary>
internal sealed class EngineCore
{
    /// <summary>Time that a worker has to take a termination before it takes effect without it.</summary>
    public static readonly TimeSpan TerminationGrace = TimeSpan.FromSeconds(5);

    private readonly WorkflowStore store;
    private readonly EngineFacts facts;

    public EngineCore(WorkflowStore store, EngineFacts facts)
    {
        this.store = store;
        this.facts = facts;
        Table = new InstanceTable(store);
        Timers = new TimerWheel(facts.Time);
        Dispatcher = new Dispatcher(facts.Limits, BeginTurn);
    }

    public Lock Gate { get; } = new();

    public InstanceTable Table { get; }

    public Dispatcher Dispatcher { get; }

    public TimerWheel Timers { get; }

    public Waiters Waiters { get; } = new();

    public TimeProvider Time => facts.Time;

    public string AppId => facts.AppId;

    /// <summary>Told, under the lock, of instances that have messages for other apps.</summary>
    public Action<LiveInstance> HasOutbox { get; set; } = _ => { };

    /// <summary>Told, under the lock, of activities that another app runs.</summary>
    public Action<ActivityWork, string> RunElsewhere { get; set; } = (_, _) => { };

    public TurnContext Context => new(facts.AppId, facts.Time.GetUtcNow(), () => Guid.NewGuid().ToString());

    /// <summary>Commits a record and the messages it has for instances of this app. The task completes when all of it is on disk.</summary>
    public Task Commit(LiveInstance live, LogRecord record, IReadOnlyList<Message>? messages = null)
    {
        var commit = new Commit(this);
        commit.Write(live, record);
        commit.Deliver(messages ?? []);
        return Enqueue(commit);
    }

    /// <summary>Creates an instance; one with the same id that is over is replaced.</summary>
    public Task Create(LiveInstance? before, string instanceId, params IEnumerable<LogRecord> records)
    {
        var commit = new Commit(this);
        commit.Create(before, instanceId, records);
        return Enqueue(commit);
    }

    public Task Purge(IReadOnlyList<LiveInstance> instances)
    {
        var commit = new Commit(this);
        foreach (var live in instances)
            commit.Delete(live);
        return Enqueue(commit);
    }

    /// <summary>Hands a commit to the store.</summary>
    public Task Enqueue(Commit commit)
    {
        if (commit.Unit.Writes.Count == 0)
            return Task.CompletedTask;
        store.Enqueue(commit.Unit);
        return commit.Unit.Durable;
    }

    /// <summary>Sees to what an instance needs after a change: a turn, an alarm, the end of what it no longer wants.</summary>
    public void Consider(LiveInstance live)
    {
        var state = live.State;
        if (state.IsOver || live.Purged)
        {
            Drop(live);
            return;
        }
        if (state.Stalled is not null)
        {
            if (live.RetryOn is null)
                Dispatcher.Stall(live);
            return;
        }
        if (live.Turn is null && !live.TurnQueued && TurnSelection.Count(state, facts.Time.GetUtcNow(), Dispatcher.HoldSuspended, int.MaxValue) > 0)
            Dispatcher.QueueTurn(live);
    }

    /// <summary>Sets the alarm at which a finished instance is deleted, if the retention policy has one for it.</summary>
    public void ArmRetention(LiveInstance live)
    {
        if (live.State.Completed is { } end && facts.Retention.For(end.ExecutionCompleted.WorkflowStatus) is { } kept)
            Timers.Set(new Alarm(Clock.ToTime(end.Timestamp) + kept, AlarmKind.Retention, live.Id, live.State.Generation, 0));
    }

    public void Arm(LiveInstance live, Alarm alarm)
    {
        if (alarm.Due == DateTimeOffset.MaxValue)
            return;
        live.Alarms.Add(alarm);
        Timers.Set(alarm);
    }

    /// <summary>Sets the alarms that an event in inbox or history asks for.</summary>
    public void ArmFor(LiveInstance live, HistoryEvent happened)
    {
        var generation = live.State.Generation;
        switch (happened.EventTypeCase)
        {
            case Kind.TimerCreated:
                var due = happened.TimerCreated.FireAt is { } at ? Clock.ToTime(at) : DateTimeOffset.MinValue;
                Arm(live, new Alarm(due, AlarmKind.Timer, live.Id, generation, happened.EventId));
                break;
            case Kind.ExecutionStarted when happened.ExecutionStarted.ScheduledStartTimestamp is { } start:
                Arm(live, new Alarm(Clock.ToTime(start), AlarmKind.Start, live.Id, generation, 0));
                break;
            case Kind.ExecutionTerminated:
                // Before its first turn a workflow has nothing to say about its end.
                var grace = live.State.Turns == 0 && live.Turn is null && generation == 1 ? TimeSpan.Zero : TerminationGrace;
                Arm(live, new Alarm(facts.Time.GetUtcNow() + grace, AlarmKind.Termination, live.Id, generation, 0));
                break;
        }
    }

    /// <summary>Hands out an activity whose schedule is on disk: to a worker here or to the app it is for.</summary>
    public void Start(LiveInstance live, HistoryEvent scheduled, bool orphan)
    {
        var state = live.State;
        // The very event: a later generation may have a task of the same id.
        if (live.Purged || (!orphan && state.Tasks.GetValueOrDefault(scheduled.EventId) != scheduled))
            return;
        var work = new ActivityWork(ActivityWork.RequestOf(live.Id, scheduled), state.Generation) { Orphan = orphan };
        if (!orphan)
            live.Activities[scheduled.EventId] = work;
        if (scheduled.Router is { TargetAppID: { Length: > 0 } app })
            RunElsewhere(work, app);
        else
            Dispatcher.Queue(work);
    }

    /// <summary>Takes the events of a turn for a worker; null when there is none to be had, or when it does not fit into a message.</summary>
    private OpenTurn? BeginTurn(LiveInstance live)
    {
        var state = live.State;
        var now = facts.Time.GetUtcNow();
        var room = facts.LargestItemBytes - state.History.Length;
        var taken = TurnSelection.Count(state, now, Dispatcher.HoldSuspended, room);
        if (taken == 0)
            return null;
        var size = state.History.Length + state.Inbox.Take(taken).Sum(one => one.Frame.Length);
        if (size <= facts.LargestItemBytes)
            return new OpenTurn(taken, Turn.Started(now));
        var stall = Turn.Stall(
            state,
            new ExecutionStalledEvent
            {
                Reason = StalledReason.PayloadSizeExceeded,
                Description =
                    $"Workflow payload size {size} bytes exceeds 95% of max gRPC body size {facts.MaxBodyBytes} bytes; "
                    + $"increase daprd --max-body-size and restart to resume",
            },
            Context
        );
        if (stall.Record is { } record)
            Commit(live, record);
        else
            Dispatcher.Stall(live);
        return null;
    }

    /// <summary>The instance is over or gone.</summary>
    private void Drop(LiveInstance live)
    {
        DropWork(live);
        Dispatcher.EndTurn(live);
    }

    /// <summary>Nobody waits for these activities and alarms any more. What is out at a worker stays out until it answers.</summary>
    public void DropWork(LiveInstance live)
    {
        foreach (var work in live.Activities.Values)
            work.Cancelled = true;
        live.Activities.Clear();
        if (live.Alarms.Count > 0)
            Timers.Cancel(live.Alarms);
    }
}
