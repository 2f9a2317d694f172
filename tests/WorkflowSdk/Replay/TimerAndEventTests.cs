using Dapr.DurableTask.Protobuf;
using static WorkflowSdk.Tests.Replay.Events;

namespace WorkflowSdk.Tests.Replay;

public class TimerAndEventTests
{
    [Fact]
    public void A_timer_fires_at_the_turns_time_plus_the_delay()
    {
        Story story = new(
            async (context, _) =>
            {
                await context.CreateTimer(TimeSpan.FromSeconds(90));
                return context.CurrentUtcDateTime;
            }
        );

        var timer = story.Start().Actions[0].CreateTimer;
        Assert.Equal(Story.TimeOf(0).AddSeconds(90), timer.FireAt.ToDateTime());
        Assert.Equal(CreateTimerAction.OriginOneofCase.CreateTimer, timer.OriginCase);

        Assert.Equal("\"2026-03-01T12:01:00Z\"", story.Turn(Fired(0)).End().Result);
    }

    [Fact]
    public void A_canceled_timer_stays_an_action_and_keeps_its_number()
    {
        Story story = new(
            async (context, _) =>
            {
                using CancellationTokenSource cancel = new();
                var timer = context.CreateTimer(TimeSpan.FromHours(1), cancel.Token);
                cancel.Cancel();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => timer);
                return await context.CallActivityAsync<int>("Next");
            }
        );

        Assert.Equal(["0 timer CreateTimer", "1 activity Next"], story.Start().Actions());
        Assert.Equal("3", story.Turn(Fired(0), Completed(1, "3")).End().Result);
    }

    [Fact]
    public void An_event_that_came_before_the_wait_is_kept_and_names_ignore_case()
    {
        Story story = new(
            async (context, _) =>
            {
                await context.CallActivityAsync("Pay");
                return await context.WaitForExternalEventAsync<string>("Approval") + await context.WaitForExternalEventAsync<string>("approval");
            }
        );
        story.Start(null, Raised("APPROVAL", "\"a\""));
        story.Turn(Raised("other", "1"), Raised("approval", "\"b\""));

        Assert.Equal("\"ab\"", story.Turn(Completed(0)).End().Result);
    }

    [Fact]
    public void Waits_of_one_name_are_served_in_their_order()
    {
        Story story = new(
            async (context, _) =>
            {
                var first = context.WaitForExternalEventAsync<string>("go");
                var second = context.WaitForExternalEventAsync<string>("go");
                return await second + await first;
            }
        );
        Assert.Empty(story.Start().Actions);

        Assert.Equal("\"ba\"", story.Turn(Raised("go", "\"a\""), Raised("go", "\"b\"")).End().Result);
    }

    [Fact]
    public void A_canceled_wait_does_not_swallow_the_event()
    {
        Story story = new(
            async (context, _) =>
            {
                using CancellationTokenSource cancel = new();
                var abandoned = context.WaitForExternalEventAsync<string>("go", cancel.Token);
                cancel.Cancel();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
                return await context.WaitForExternalEventAsync<string>("go");
            }
        );
        story.Start();

        Assert.Equal("\"a\"", story.Turn(Raised("go", "\"a\"")).End().Result);
    }

    [Fact]
    public void A_wait_with_a_timeout_has_an_event_timer_and_the_event_wins()
    {
        Story story = new(async (context, _) => await context.WaitForExternalEventAsync<int>("go", TimeSpan.FromMinutes(5)));

        var timer = story.Start().Actions[0].CreateTimer;
        Assert.Equal("go", timer.ExternalEvent.Name);
        Assert.Equal(Story.TimeOf(5), timer.FireAt.ToDateTime());
        Assert.Equal("8", story.Turn(Raised("go", "8")).End().Result);
    }

    [Fact]
    public void A_timeout_throws_TaskCanceledException_and_a_later_event_is_kept_for_the_next_wait()
    {
        Story story = new(
            async (context, _) =>
            {
                try
                {
                    await context.WaitForExternalEventAsync<int>("go", TimeSpan.FromMinutes(5));
                    return -1;
                }
                catch (TaskCanceledException)
                {
                    return await context.WaitForExternalEventAsync<int>("go");
                }
            }
        );
        story.Start();
        Assert.Empty(story.Turn(Fired(0)).Actions);

        Assert.Equal("9", story.Turn(Raised("go", "9")).End().Result);
    }

    [Fact]
    public void A_zero_timeout_takes_what_is_there_or_throws_at_once_without_a_timer()
    {
        Story story = new(
            async (context, _) =>
            {
                try
                {
                    return await context.WaitForExternalEventAsync<int>("go", TimeSpan.Zero);
                }
                catch (TaskCanceledException)
                {
                    return "none";
                }
            }
        );

        Assert.Equal(["0 Completed"], story.Peek(story.Started()).Actions());
        Assert.Equal("\"none\"", story.Start().End().Result);
    }

    [Fact]
    public void A_negative_timeout_waits_for_ever_behind_a_timer_that_never_fires()
    {
        Story story = new(async (context, _) => await context.WaitForExternalEventAsync<int>("go", Timeout.InfiniteTimeSpan));

        var fireAt = story.Start().Actions[0].CreateTimer.FireAt;
        Assert.Equal((253402300799, 999999999), (fireAt.Seconds, fireAt.Nanos));
        Assert.Equal("1", story.Turn(Raised("go", "1")).End().Result);
    }

    [Fact]
    public void An_event_sent_elsewhere_is_an_action_that_history_confirms()
    {
        Story story = new(
            async (context, _) =>
            {
                context.SendEvent("other", "go", new { Count = 2 });
                await context.CallActivityAsync("A");
                return null;
            }
        );

        var first = story.Start();
        Assert.Equal(["0 event go", "1 activity A"], first.Actions());
        Assert.Equal("{\"count\":2}", first.Actions[0].SendEvent.Data);
        Assert.Equal(["2 Completed"], story.Turn(Completed(1)).Actions());
    }
}
