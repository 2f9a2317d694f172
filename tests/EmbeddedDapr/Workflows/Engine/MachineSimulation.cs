using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Engine;
using Google.Protobuf;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace EmbeddedDapr.Tests.Workflows.Engine;

/// <summary>Drives the pure machine of one instance through a random interleaving of everything that can happen to it, crashes included.</summary>
internal sealed class MachineSimulation
{
    private const string Id = "w";
    private readonly Random random;
    private readonly SimulatedWorkflow worker;
    private readonly List<LogRecord> log = [];
    private readonly List<string> raised = [];
    private InstanceState state = new(Id);
    private OpenTurn? open;
    private DateTimeOffset now = DateTimeOffset.UnixEpoch;
    private bool terminated;

    public MachineSimulation(ulong seed)
    {
        random = new Random((int)seed);
        worker = new SimulatedWorkflow(random.Next(1, 6), random.Next(1, 7));
        var start = Starts.Event(Id, "W", "1", null, null, "app", Clock.ToTimestamp(now), "execution");
        Commit(LogRecord.Received(start));
    }

    public void Run()
    {
        for (var step = 0; step < 2000 && !state.IsOver; step++)
        {
            now += TimeSpan.FromMilliseconds(1);
            Step(random.Next(100));
            Check();
        }
        Assert.True(state.IsOver, "the instance ends");
        CheckEnd();
    }

    private void Step(int dice)
    {
        switch (dice)
        {
            case < 30:
                BeginTurn();
                break;
            case < 60:
                AnswerTurn();
                break;
            case < 85:
                AnswerWork();
                break;
            case < 89:
                Receive(Raise());
                break;
            case < 91:
                Receive(new HistoryEvent { ExecutionSuspended = new ExecutionSuspendedEvent() });
                break;
            case < 94:
                Receive(new HistoryEvent { ExecutionResumed = new ExecutionResumedEvent() });
                break;
            case < 95 when random.Next(20) == 0:
                terminated = true;
                Receive(new HistoryEvent { ExecutionTerminated = new ExecutionTerminatedEvent { Input = "end" } });
                break;
            case < 97:
                // Results of what was never asked for.
                Receive(Result(random.Next(1000, 2000)));
                break;
            default:
                Crash();
                break;
        }
    }

    private void BeginTurn()
    {
        if (open is not null)
            return;
        var taken = TurnSelection.Count(state, now, holdSuspended: random.Next(2) == 0, int.MaxValue);
        if (taken > 0)
            open = new OpenTurn(taken, Turn.Started(now));
    }

    private void AnswerTurn()
    {
        if (open is not { } turn)
            return;
        var history = state.History.Events().Append(turn.Started).Concat(state.Inbox.Take(turn.Taken).Select(one => one.Event)).ToList();
        var answer = worker.Answer(Id, history);
        // Now and then a worker repeats actions that are history already.
        if (random.Next(4) == 0)
        {
            answer.Actions.Insert(
                0,
                new WorkflowAction
                {
                    Id = 0,
                    ScheduleTask = new ScheduleTaskAction { Name = "task" },
                }
            );
            answer.Actions.Insert(
                0,
                new WorkflowAction
                {
                    Id = 0,
                    ScheduleTask = new ScheduleTaskAction { Name = "task" },
                }
            );
        }
        open = null;
        var result = Turn.Complete(state, turn, answer, new TurnContext("app", now, () => "execution"));
        if (result.Record is { } record)
            Commit(record);
    }

    /// <summary>A result for something outstanding, or a second one for something answered.</summary>
    private void AnswerWork()
    {
        var ids = state.Tasks.Keys.Concat(state.Timers.Keys).Concat(state.OpenChildren.Keys).ToList();
        if (random.Next(5) == 0)
            ids.AddRange(
                state
                    .Inbox.Select(one => SimulatedWorkflow.ResolvedId(one.Event))
                    .OfType<int>()
                    .Concat(state.History.Events().Select(SimulatedWorkflow.ResolvedId).OfType<int>())
            );
        if (ids.Count == 0)
            return;
        var id = ids[random.Next(ids.Count)];
        Receive(Result(id));
        if (random.Next(6) == 0)
            Receive(Result(id));
    }

    private HistoryEvent Result(int id) =>
        (id % 5, random.Next(2)) switch
        {
            (3, _) => new HistoryEvent { TimerFired = new TimerFiredEvent { TimerId = id } },
            (4, 0) => new HistoryEvent { ChildWorkflowInstanceCompleted = new ChildWorkflowInstanceCompletedEvent { TaskScheduledId = id } },
            (4, _) => new HistoryEvent { ChildWorkflowInstanceFailed = new ChildWorkflowInstanceFailedEvent { TaskScheduledId = id } },
            (_, 0) => new HistoryEvent { TaskCompleted = new TaskCompletedEvent { TaskScheduledId = id } },
            _ => new HistoryEvent { TaskFailed = new TaskFailedEvent { TaskScheduledId = id } },
        };

    private HistoryEvent Raise()
    {
        var name = $"event {raised.Count}";
        raised.Add(name);
        return new HistoryEvent { EventRaised = new EventRaisedEvent { Name = name } };
    }

    private void Receive(HistoryEvent happened)
    {
        happened.EventId = -1;
        happened.Timestamp = Clock.ToTimestamp(now);
        if (Dapr.Embedded.Workflows.Engine.Receive.Check(state, happened) == Receipt.Stored)
            Commit(LogRecord.Received(happened));
    }

    private void Commit(LogRecord record)
    {
        log.Add(record);
        state.Apply(record);
    }

    /// <summary>The process dies: what was committed is folded again, the open turn is lost.</summary>
    private void Crash()
    {
        open = null;
        var before = Picture(state);
        state = new InstanceState(Id);
        foreach (var record in log)
            state.Apply(record with { Events = FramedEvent.Of(record.Events.SelectMany(one => FramedEvent.Parse(one.Frame))) });
        Assert.Equal(before, Picture(state));
    }

    private void Check()
    {
        var history = state.History.Events();
        var scheduled = new HashSet<int>();
        var resolved = new HashSet<int>();
        foreach (var one in history)
        {
            if (one.EventTypeCase is Kind.TaskScheduled or Kind.TimerCreated or Kind.ChildWorkflowInstanceCreated)
                Assert.True(scheduled.Add(one.EventId), $"{one.EventId} is scheduled once");
            if (SimulatedWorkflow.ResolvedId(one) is { } id)
            {
                Assert.Contains(id, scheduled);
                Assert.True(resolved.Add(id), $"{id} is resolved once");
            }
        }
        foreach (var waiting in state.Inbox)
        {
            if (SimulatedWorkflow.ResolvedId(waiting.Event) is { } id)
                Assert.True(scheduled.Contains(id) && resolved.Add(id), $"{id} is resolved once");
        }
        if (!state.IsOver)
            Assert.Equal(scheduled.Except(resolved).Order(), state.Tasks.Keys.Concat(state.Timers.Keys).Concat(state.OpenChildren.Keys).Order());
    }

    private void CheckEnd()
    {
        var history = state.History.Events();
        var seen = history.Where(one => one.EventTypeCase == Kind.EventRaised).Select(one => one.EventRaised.Name).ToList();
        // In order, none twice, none lost but those that came when the last turn was out.
        Assert.Equal(raised.Take(seen.Count), seen);
        var ends = history.Where(one => one.EventTypeCase == Kind.ExecutionCompleted).ToList();
        Assert.Equal(history[^1], Assert.Single(ends));
        Assert.Equal(
            terminated && history.Any(one => one.EventTypeCase == Kind.ExecutionTerminated) && ends[0].ExecutionCompleted.Result != "done"
                ? OrchestrationStatus.Terminated
                : OrchestrationStatus.Completed,
            ends[0].ExecutionCompleted.WorkflowStatus
        );
        if (ends[0].ExecutionCompleted.WorkflowStatus == OrchestrationStatus.Completed)
            Assert.Equal(
                history.Count(one => one.EventTypeCase is Kind.TaskScheduled or Kind.TimerCreated or Kind.ChildWorkflowInstanceCreated),
                history.Select(SimulatedWorkflow.ResolvedId).OfType<int>().Count()
            );
        Assert.Equal(Receipt.Over, Dapr.Embedded.Workflows.Engine.Receive.Check(state, Result(0)));
        Assert.Empty(state.Inbox);
        Crash();
    }

    private static string Picture(InstanceState state) =>
        string.Join(
            '\n',
            Convert.ToHexString(state.History.Snapshot.Span),
            string.Join(',', state.Inbox.Select(one => one.Event.ToByteString().ToBase64())),
            string.Join(',', state.Tasks.Keys.Order()),
            string.Join(',', state.Timers.Keys),
            string.Join(',', state.OpenChildren.Keys.Order()),
            $"{state.Generation} {state.Turns} {state.Suspended} {state.Stalled} {state.IsOver} {state.ExecutionId} {state.CustomStatus}"
        );
}
