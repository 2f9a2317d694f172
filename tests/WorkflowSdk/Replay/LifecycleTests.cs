using Dapr.DurableTask.Protobuf;
using Microsoft.Extensions.Logging;
using static WorkflowSdk.Tests.Replay.Events;

namespace WorkflowSdk.Tests.Replay;

public class LifecycleTests
{
    [Fact]
    public void ContinueAsNew_carries_the_input_and_unclaimed_events()
    {
        Story story = new(
            async (context, input) =>
            {
                await context.WaitForExternalEventAsync<int>("go");
                context.ContinueAsNew(input + "!");
                return null;
            }
        );
        story.Start("\"a\"");

        var end = story.Turn(Raised("go", "1"), Raised("go", "2"), Raised("stop", "3")).End();

        Assert.Equal((OrchestrationStatus.ContinuedAsNew, "\"a!\""), (end.WorkflowStatus, end.Result));
        Assert.Equal(["go 2", "stop 3"], end.CarryoverEvents.Select(each => $"{each.EventRaised.Name} {each.EventRaised.Input}"));
    }

    [Fact]
    public void ContinueAsNew_can_drop_unclaimed_events()
    {
        Story story = new(
            (context, _) =>
            {
                context.ContinueAsNew(null, preserveUnprocessedEvents: false);
                return Task.FromResult<object?>(null);
            }
        );

        Assert.Empty(story.Start(null, Raised("go", "1")).End().CarryoverEvents);
    }

    [Fact]
    public void While_suspended_nothing_is_asked_for_and_events_wait_for_the_resumption()
    {
        var ran = 0;
        Story story = new(
            async (context, _) =>
            {
                await context.CallActivityAsync("A");
                ran++;
                return await context.CallActivityAsync<int>("B") + await context.WaitForExternalEventAsync<int>("go");
            }
        )
        {
            KeepsExecution = false,
        };
        story.Start();
        Assert.Empty(story.Turn(Suspended()).Actions);
        Assert.Empty(story.Turn(Completed(0)).Actions);
        Assert.Empty(story.Turn(Raised("go", "4")).Actions);
        Assert.Equal(0, ran);

        Assert.Equal(["1 activity B"], story.Turn(Resumed()).Actions());
        Assert.Equal(1, ran);
        Assert.Equal("7", story.Turn(Completed(1, "3")).End().Result);
    }

    [Fact]
    public void An_instance_may_be_suspended_many_times()
    {
        Story story = new(async (context, _) => await context.CallActivityAsync<int>("A"));
        story.Start();
        story.Turn(Suspended());
        story.Turn(Resumed());
        story.Turn(Suspended());
        Assert.Empty(story.Turn(Completed(0, "2")).Actions);

        Assert.Equal("2", story.Turn(Resumed()).End().Result);
    }

    [Fact]
    public void Suspended_in_its_first_turn_it_asks_only_after_the_resumption()
    {
        Story story = new(async (context, _) => await context.CallActivityAsync<int>("A"));

        Assert.Empty(story.Start(null, Suspended()).Actions);
        Assert.Equal(["0 activity A"], story.Turn(Resumed()).Actions());
    }

    [Fact]
    public void A_history_of_a_worker_that_went_on_while_suspended_replays()
    {
        Story story = new(
            async (context, _) =>
            {
                await context.CallActivityAsync("A");
                return await context.CallActivityAsync<int>("B");
            }
        );
        story.WithPast(
            Story.TurnBegan(0),
            story.Started(),
            Scheduled(0, "A"),
            Story.TurnBegan(1),
            Suspended(),
            Story.TurnBegan(2),
            Completed(0),
            Scheduled(1, "B")
        );

        Assert.Empty(story.Turn(Completed(1, "5")).Actions);
        Assert.Equal("5", story.Turn(Resumed()).End().Result);
    }

    [Fact]
    public void Termination_ends_it_with_the_given_output_also_when_it_is_not_the_last_event()
    {
        Story story = new(async (context, _) => await context.WaitForExternalEventAsync<int>("go"));
        story.Start();

        var response = story.Turn(Terminated("\"enough\""), Raised("go", "1"));

        Assert.Equal((OrchestrationStatus.Terminated, "\"enough\""), (response.End().WorkflowStatus, response.End().Result));
        Assert.Single(response.Actions);
    }

    [Fact]
    public void A_suspended_instance_can_be_terminated()
    {
        Story story = new(async (context, _) => await context.WaitForExternalEventAsync<int>("go"));
        story.Start();
        story.Turn(Suspended());

        Assert.Equal(OrchestrationStatus.Terminated, story.Turn(Terminated()).End().WorkflowStatus);
    }

    [Fact]
    public void What_was_complete_before_the_termination_stays_complete()
    {
        Story story = new(async (context, _) => await context.WaitForExternalEventAsync<int>("go"));
        story.Start();

        Assert.Equal(OrchestrationStatus.Completed, story.Turn(Raised("go", "1"), Terminated()).End().WorkflowStatus);
    }

    [Fact]
    public void Termination_stops_an_instance_that_continues_as_new()
    {
        Story story = new(
            async (context, _) =>
            {
                await context.WaitForExternalEventAsync<int>("go");
                context.ContinueAsNew();
                return null;
            }
        );
        story.Start();

        Assert.Equal(OrchestrationStatus.Terminated, story.Turn(Raised("go", "1"), Terminated()).End().WorkflowStatus);
    }

    [Fact]
    public void The_custom_status_goes_out_with_every_turn_once_it_is_set()
    {
        Story story = new(
            async (context, _) =>
            {
                await context.CallActivityAsync("A");
                context.SetCustomStatus(new { Step = 1 });
                await context.CallActivityAsync("B");
                return await context.CallActivityAsync<int>("C");
            }
        );

        Assert.Null(story.Start().CustomStatus);
        Assert.Equal("{\"step\":1}", story.Turn(Completed(0)).CustomStatus);
        Assert.Equal("{\"step\":1}", story.Turn(Completed(1)).CustomStatus);
        Assert.Equal("{\"step\":1}", story.Turn(Terminated()).CustomStatus);
    }

    [Fact]
    public void The_time_is_that_of_the_turn_in_which_it_was_first_read()
    {
        Story story = new(
            async (context, _) =>
            {
                var before = context.CurrentUtcDateTime;
                await context.CallActivityAsync("A");
                return $"{before:mm}-{context.CurrentUtcDateTime:mm}-{context.CurrentUtcDateTime.Kind}";
            }
        );
        story.Start();
        story.Turn(Raised("noise"));

        Assert.Equal("\"00-02-Utc\"", story.Turn(Completed(0)).End().Result);
    }

    [Fact]
    public void New_guids_differ_from_each_other_and_stay_in_replay_and_change_with_the_run()
    {
        static Story With(string executionId) =>
            new(
                async (context, _) =>
                {
                    var first = context.NewGuid();
                    await context.CallActivityAsync("A");
                    return $"{first} {context.NewGuid()}";
                }
            )
            {
                ExecutionId = executionId,
            };

        var one = With("run-1");
        one.Start();
        var guids = one.Peek(Completed(0)).End().Result.Trim('"').Split(' ');
        Assert.NotEqual(guids[0], guids[1]);
        Assert.Equal(guids, one.Turn(Completed(0)).End().Result.Trim('"').Split(' '));

        var two = With("run-2");
        two.Start();
        Assert.DoesNotContain(guids[0], two.Turn(Completed(0)).End().Result);
    }

    [Fact]
    public void A_replay_safe_logger_speaks_once()
    {
        RecordingLoggers loggers = new();
        Story story = new(
            async (context, _) =>
            {
                var logger = context.CreateReplaySafeLogger<LifecycleTests>();
                logger.LogInformation("begun");
                await context.CallActivityAsync("A");
                logger.LogInformation("ended");
                return null;
            }
        )
        {
            Loggers = loggers,
            KeepsExecution = false,
        };
        story.Start();
        story.Turn(Raised("noise"));
        story.Turn(Completed(0));

        Assert.Equal(["begun", "ended"], loggers.Messages);
    }

    [Fact]
    public void A_turn_without_a_start_asks_for_nothing()
    {
        Story story = new((_, _) => Task.FromResult<object?>(1));

        Assert.Empty(story.Turn(Raised("go")).Actions);
    }

    private sealed class RecordingLoggers : ILoggerFactory, ILogger
    {
        public List<string> Messages { get; } = [];

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Messages.Add(formatter(state, exception));

        public void Dispose() { }
    }
}
