using CsCheck;
using Dapr.DurableTask.Protobuf;
using Dapr.Embedded.Workflows.Engine;
using Google.Protobuf.WellKnownTypes;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace EmbeddedDapr.Tests.Workflows.Engine;

public sealed class WorkflowMachineTests
{
    private static readonly TurnContext Context = new("app", DateTimeOffset.UnixEpoch, () => "next");

    [Fact]
    public void Any_interleaving_resolves_each_work_once_loses_no_event_and_survives_crashes() =>
        Gen.ULong.Sample(seed => new MachineSimulation(seed).Run(), iter: 400, threads: 1);

    [Fact]
    public void Terminate_is_enforced_when_the_worker_does_not_complete()
    {
        var state = Started();
        var turn = Take(
            state,
            new HistoryEvent
            {
                EventId = -1,
                ExecutionTerminated = new ExecutionTerminatedEvent { Input = "why" },
            }
        );
        var answer = Answer(
            new WorkflowAction
            {
                Id = 1,
                ScheduleTask = new ScheduleTaskAction { Name = "more" },
            }
        );
        state.Apply(Turn.Complete(state, turn, answer, Context).Record!);
        Assert.Equal(OrchestrationStatus.Terminated, state.Completed!.ExecutionCompleted.WorkflowStatus);
        Assert.Equal("why", state.Completed.ExecutionCompleted.Result);
        Assert.DoesNotContain(state.History.Events(), one => one.EventTypeCase == Kind.TaskScheduled);
    }

    [Fact]
    public void Terminate_wins_over_continue_as_new()
    {
        var state = Started();
        var turn = Take(state, new HistoryEvent { EventId = -1, ExecutionTerminated = new ExecutionTerminatedEvent() });
        state.Apply(Turn.Complete(state, turn, Answer(Ends(OrchestrationStatus.ContinuedAsNew)), Context).Record!);
        Assert.Equal(OrchestrationStatus.Terminated, state.Completed!.ExecutionCompleted.WorkflowStatus);
    }

    [Fact]
    public void Continue_as_new_keeps_events_of_the_open_turn_and_drops_results_of_the_old_generation()
    {
        var state = Started();
        Commit(
            state,
            Answer(
                new WorkflowAction
                {
                    Id = 0,
                    ScheduleTask = new ScheduleTaskAction { Name = "old" },
                }
            ),
            0
        );
        var turn = Take(state, Raised("go"));
        state.Apply(
            LogRecord.Received(
                Raised("later"),
                new HistoryEvent
                {
                    EventId = -1,
                    TaskCompleted = new TaskCompletedEvent { TaskScheduledId = 0 },
                }
            )
        );
        state.Apply(Turn.Complete(state, turn, Answer(Ends(OrchestrationStatus.ContinuedAsNew)), Context).Record!);
        Assert.Equal(2, state.Generation);
        Assert.Equal([Kind.ExecutionStarted, Kind.EventRaised], state.Inbox.Select(one => one.Kind));
        Assert.Equal("later", state.Inbox[1].Event.EventRaised.Name);
        Assert.Equal(Receipt.Ignored, Receive.Check(state, new HistoryEvent { TaskCompleted = new TaskCompletedEvent { TaskScheduledId = 0 } }));
    }

    [Fact]
    public void An_action_of_no_known_kind_fails_the_instance_instead_of_wedging_it()
    {
        var state = Started();
        Commit(state, Answer(new WorkflowAction { Id = 7 }), 0);
        Assert.Equal(OrchestrationStatus.Failed, state.Completed!.ExecutionCompleted.WorkflowStatus);
        Assert.Equal("InvalidWorkflowAction", state.Completed.ExecutionCompleted.FailureDetails.ErrorType);
    }

    [Theory]
    [InlineData(OrchestrationStatus.Running)]
    [InlineData(OrchestrationStatus.Pending)]
    [InlineData(OrchestrationStatus.Suspended)]
    [InlineData(OrchestrationStatus.Stalled)]
    internal void A_completion_with_a_status_that_is_no_end_leaves_the_instance_running(OrchestrationStatus status)
    {
        var state = Started();
        Commit(state, Answer(Ends(status)), 0);
        Assert.False(state.IsOver);
        Assert.Equal(OrchestrationStatus.Running, InstanceView.Of(state).Status);
    }

    [Fact]
    public void Answers_that_lack_a_recorded_patch_stall_once_and_a_fitting_one_goes_on()
    {
        var state = Started(Patched("p1"));
        var turn = Take(state, Raised("x"));
        state.Apply(Turn.Complete(state, turn, Answer(), Context).Record!);
        Assert.Equal(StalledReason.PatchMismatch, state.Stalled);
        Assert.Null(Turn.Complete(state, turn, Answer(), Context).Record);
        state.Apply(Turn.Complete(state, turn, Patched("p1", "p2"), Context).Record!);
        Assert.Null(state.Stalled);
        Assert.Equal(["p1", "p2"], state.Patches);
    }

    [Fact]
    public void One_raised_event_overtakes_one_timer_of_its_name()
    {
        var state = Started(Answer(EventTimer(0), EventTimer(1)));
        var turn = Take(state, Raised("GO"));
        state.Apply(Turn.Complete(state, turn, Answer(), Context).Record!);
        Assert.Equal([1], state.Timers.Keys);
    }

    [Fact]
    public void A_turn_takes_no_more_events_than_fit_into_a_message_but_at_least_one()
    {
        var state = Started();
        state.Apply(LogRecord.Received(Raised("a"), Raised("b"), Raised("c")));
        var size = state.Inbox[0].Frame.Length;
        Assert.Equal(3, TurnSelection.Count(state, DateTimeOffset.UnixEpoch, false, size * 3));
        Assert.Equal(2, TurnSelection.Count(state, DateTimeOffset.UnixEpoch, false, size * 2));
        Assert.Equal(1, TurnSelection.Count(state, DateTimeOffset.UnixEpoch, false, 0));
    }

    [Fact]
    public void Held_back_events_wait_for_resume_and_keep_their_order()
    {
        var state = Started();
        var turn = Take(state, new HistoryEvent { EventId = -1, ExecutionSuspended = new ExecutionSuspendedEvent() });
        state.Apply(Turn.Complete(state, turn, Answer(), Context).Record!);
        state.Apply(LogRecord.Received(Raised("a"), Raised("b")));
        Assert.Equal(0, TurnSelection.Count(state, DateTimeOffset.UnixEpoch, holdSuspended: true, int.MaxValue));
        Assert.Equal(2, TurnSelection.Count(state, DateTimeOffset.UnixEpoch, holdSuspended: false, int.MaxValue));
        state.Apply(LogRecord.Received(new HistoryEvent { EventId = -1, ExecutionResumed = new ExecutionResumedEvent() }));
        Assert.Equal([Kind.ExecutionResumed, Kind.EventRaised, Kind.EventRaised], state.Inbox.Select(one => one.Kind));
        Assert.Equal(3, TurnSelection.Count(state, DateTimeOffset.UnixEpoch, holdSuspended: true, int.MaxValue));
    }

    [Fact]
    public void Messages_for_other_apps_stay_in_the_outbox_until_delivered()
    {
        var state = Started();
        var child = new WorkflowAction
        {
            Id = 0,
            Router = new TaskRouter { TargetAppID = "other" },
            CreateChildWorkflow = new CreateChildWorkflowAction { Name = "C" },
        };
        Commit(state, Answer(child), 0);
        var message = Assert.Single(state.Outbox);
        Assert.Equal(("other", "w:0000"), (message.App, message.Instance));
        Assert.Equal("app", message.Event.ExecutionStarted.ParentInstance.AppID);
        state.Apply(new LogRecord(RecordKind.Delivered, [], 1));
        Assert.Empty(state.Outbox);
        Assert.Single(state.OpenChildren);
    }

    private static InstanceState Started(WorkflowResponse? first = null)
    {
        var state = new InstanceState("w");
        var start = Starts.Event("w", "W", null, null, null, "app", new Timestamp(), "first");
        state.Apply(LogRecord.Received(start));
        Commit(state, first ?? Answer(), 1);
        return state;
    }

    private static void Commit(InstanceState state, WorkflowResponse answer, int taken) =>
        state.Apply(Turn.Complete(state, new OpenTurn(taken, Turn.Started(DateTimeOffset.UnixEpoch)), answer, Context).Record!);

    private static OpenTurn Take(InstanceState state, HistoryEvent happened)
    {
        state.Apply(LogRecord.Received(happened));
        return new OpenTurn(state.Inbox.Count, Turn.Started(DateTimeOffset.UnixEpoch));
    }

    private static WorkflowResponse Answer(params WorkflowAction[] actions) => new() { InstanceId = "w", Actions = { actions } };

    private static WorkflowResponse Patched(params string[] patches) =>
        new()
        {
            InstanceId = "w",
            Version = new WorkflowVersion { Patches = { patches } },
        };

    private static WorkflowAction Ends(OrchestrationStatus status) =>
        new()
        {
            Id = 9,
            CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = status },
        };

    private static WorkflowAction EventTimer(int id) =>
        new()
        {
            Id = id,
            CreateTimer = new CreateTimerAction
            {
                FireAt = new Timestamp { Seconds = 100 },
                ExternalEvent = new TimerOriginExternalEvent { Name = "go" },
            },
        };

    private static HistoryEvent Raised(string name) =>
        new()
        {
            EventId = -1,
            EventRaised = new EventRaisedEvent { Name = name },
        };
}
