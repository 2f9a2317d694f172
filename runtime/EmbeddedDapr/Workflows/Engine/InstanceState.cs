using Dapr.DurableTask.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Embedded.Workflows.Engine;

/// <summary>
/// One workflow instance: history, inbox and what is outstanding. It changes only by <see cref="Apply"/>, has no clock and does no I/O;
/// <see cref="Receive"/> and <see cref="Turn"/> decide which records come next.
/// </summary>
internal sealed class InstanceState(string instanceId)
{
    private readonly List<FramedEvent> inbox = [];
    private readonly List<Message> outbox = [];
    private readonly List<string> patches = [];
    private readonly HashSet<(Kind Kind, int Id)> made = [];
    private readonly OpenWork work = new();
    private HashSet<(string Name, Timestamp At)>? raised;

    public string InstanceId => instanceId;

    /// <summary>1 at first, one more with every continue-as-new.</summary>
    public int Generation { get; private set; }

    /// <summary>Committed turns of this generation.</summary>
    public int Turns { get; private set; }

    public HistoryBuffer History { get; private set; } = new();

    /// <summary>Events that no committed turn has taken, in the order in which turns take them.</summary>
    public IReadOnlyList<FramedEvent> Inbox => inbox;

    /// <summary>Events that ever came into the inbox, and how many of them turns have taken; a waiter compares the two.</summary>
    public long ReceivedCount { get; private set; }

    public long TakenCount { get; private set; }

    /// <summary>Messages to other apps that are not acknowledged, the oldest first.</summary>
    public IReadOnlyList<Message> Outbox => outbox;

    /// <summary>taskScheduled events without a result, by id.</summary>
    public Dictionary<int, HistoryEvent> Tasks => work.Tasks;

    /// <summary>timerCreated events that have neither fired nor been overtaken by their event, by id.</summary>
    public SortedDictionary<int, TimerCreatedEvent> Timers => work.Timers;

    /// <summary>childWorkflowInstanceCreated events without a result, by id.</summary>
    public Dictionary<int, HistoryEvent> OpenChildren => work.Children;

    /// <summary>All children of this generation: app (null for the own one) and instance id.</summary>
    public List<(string? App, string Instance)> Children { get; } = [];

    /// <summary>executionStarted of this generation; null only before the first record.</summary>
    public HistoryEvent? Start { get; private set; }

    public string ExecutionId => Start?.ExecutionStarted.WorkflowInstance?.ExecutionId ?? "";

    public Timestamp? StartedAt { get; private set; }

    public Timestamp? LastUpdated { get; private set; }

    public string? CustomStatus { get; private set; }

    public string? VersionName { get; private set; }

    /// <summary>Patches that the turns of this generation recorded, in order.</summary>
    public IReadOnlyList<string> Patches => patches;

    public bool Suspended { get; private set; }

    /// <summary>Why the last turn could not be taken, null when it could.</summary>
    public StalledReason? Stalled { get; private set; }

    /// <summary>executionCompleted, once the instance is over.</summary>
    public HistoryEvent? Completed { get; private set; }

    public bool IsOver => Completed is not null;

    /// <summary>True when an action of that kind and id is already an event of this history, so that a repetition changes nothing.</summary>
    public bool HasMade(Kind kind, int id) => made.Contains((kind, id));

    /// <summary>
    /// True when an event of that name and time came in this generation. The first question reads history once; most instances are never asked.
    /// </summary>
    public bool HasRaised(string name, Timestamp at)
    {
        raised ??=
        [
            .. inbox
                .Select(waiting => waiting.Event)
                .Concat(History.Events())
                .Where(known => known.EventTypeCase == Kind.EventRaised)
                .Select(known => (known.EventRaised.Name, known.Timestamp)),
        ];
        return raised.Contains((name, at));
    }

    public void Apply(LogRecord record)
    {
        switch (record.Kind)
        {
            case RecordKind.Received:
                Generation = Math.Max(1, Generation);
                foreach (var received in record.Events)
                    TakeIn(received);
                break;
            case RecordKind.Turn:
                ApplyTurn(record);
                break;
            case RecordKind.Generation:
                BeginGeneration(record);
                break;
            case RecordKind.Seed:
                Generation = 1;
                foreach (var past in record.Events)
                {
                    work.Resolve(past.Event);
                    Append(past);
                }
                outbox.AddRange(record.Outbox ?? []);
                break;
            case RecordKind.Delivered:
                outbox.RemoveRange(0, record.Taken);
                break;
        }
    }

    private void TakeIn(FramedEvent received)
    {
        ReceivedCount++;
        work.Resolve(received.Event);
        if (received.Kind == Kind.ExecutionStarted)
            Start = received.Event;
        if (received.Kind == Kind.EventRaised)
            raised?.Add((received.Event.EventRaised.Name, received.Event.Timestamp));
        // While suspended only these two go on; what waits behind them keeps its order.
        if (Suspended && received.Kind is Kind.ExecutionResumed or Kind.ExecutionTerminated)
            inbox.Insert(inbox.FindLastIndex(one => one.Kind is Kind.ExecutionResumed or Kind.ExecutionTerminated) + 1, received);
        else
            inbox.Add(received);
    }

    private void ApplyTurn(LogRecord record)
    {
        var begins = record.Events.Count > 0 && record.Events[0].Kind == Kind.WorkflowStarted ? 1 : 0;
        if (begins == 1)
        {
            Stalled = null;
            Append(record.Events[0]);
        }
        for (var i = 0; i < record.Taken; i++)
            Append(inbox[i]);
        inbox.RemoveRange(0, record.Taken);
        TakenCount += record.Taken;
        for (var i = begins; i < record.Events.Count; i++)
            Append(record.Events[i]);
        if (begins == 1)
            CustomStatus = record.CustomStatus;
        outbox.AddRange(record.Outbox ?? []);
        if (IsOver)
            ForgetOpenWork();
    }

    private void BeginGeneration(LogRecord record)
    {
        Generation = record.Taken;
        Turns = 0;
        History = new HistoryBuffer();
        StartedAt = null;
        VersionName = null;
        Stalled = null;
        CustomStatus = record.CustomStatus;
        TakenCount += inbox.Count;
        inbox.Clear();
        patches.Clear();
        made.Clear();
        raised = null;
        Children.Clear();
        ForgetOpenWork();
        inbox.AddRange(record.Events);
        ReceivedCount = TakenCount + inbox.Count;
        Start = record.Events[0].Event;
        LastUpdated = Start.Timestamp;
        outbox.AddRange(record.Outbox ?? []);
    }

    private void ForgetOpenWork()
    {
        work.Clear();
        if (IsOver)
        {
            TakenCount += inbox.Count;
            inbox.Clear();
        }
    }

    private void Append(FramedEvent framed)
    {
        History.Append(framed.Frame);
        var happened = framed.Event;
        LastUpdated = happened.Timestamp;
        switch (framed.Kind)
        {
            case Kind.WorkflowStarted:
                Turns++;
                StartedAt ??= happened.Timestamp;
                patches.AddRange(happened.WorkflowStarted.Version?.Patches ?? []);
                if (happened.WorkflowStarted.Version is { HasName: true } version)
                    VersionName = version.Name;
                break;
            case Kind.ExecutionStarted:
                Start = happened;
                break;
            case Kind.TaskScheduled:
                work.Tasks[happened.EventId] = happened;
                made.Add((Kind.TaskScheduled, happened.EventId));
                break;
            case Kind.TimerCreated:
                work.Timers[happened.EventId] = happened.TimerCreated;
                made.Add((Kind.TimerCreated, happened.EventId));
                break;
            case Kind.ChildWorkflowInstanceCreated:
                work.Children[happened.EventId] = happened;
                Children.Add(
                    (happened.Router is { HasTargetAppID: true } to ? to.TargetAppID : null, happened.ChildWorkflowInstanceCreated.InstanceId)
                );
                made.Add((Kind.ChildWorkflowInstanceCreated, happened.EventId));
                break;
            case Kind.EventSent or Kind.DetachedWorkflowInstanceCreated:
                made.Add((framed.Kind, happened.EventId));
                break;
            case Kind.EventRaised:
                work.OvertakeTimer(happened.EventRaised.Name);
                break;
            case Kind.ExecutionSuspended:
                Suspended = true;
                break;
            case Kind.ExecutionResumed:
                Suspended = false;
                break;
            case Kind.ExecutionStalled:
                Stalled = happened.ExecutionStalled.Reason;
                break;
            case Kind.ExecutionCompleted:
                Completed = happened;
                break;
        }
    }
}
