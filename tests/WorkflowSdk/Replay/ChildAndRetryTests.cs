using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using static WorkflowSdk.Tests.Replay.Events;

namespace WorkflowSdk.Tests.Replay;

public class ChildAndRetryTests
{
    private static readonly WorkflowRetryPolicy Thrice = new(3, TimeSpan.FromSeconds(10), 2.0);

    [Fact]
    public void A_child_gets_an_id_that_replay_keeps_and_the_parent_its_result()
    {
        Story story = new(async (context, _) => await context.CallChildWorkflowAsync<int>("Ship", new { To = "here" }));

        var made = story.Peek(story.Started()).Actions[0].CreateChildWorkflow.InstanceId;
        Assert.Equal(made, story.Start().Actions[0].CreateChildWorkflow.InstanceId);
        Assert.Equal('5', Guid.Parse(made).ToString("D")[14]);
        Assert.Equal("4", story.Turn(ChildCompleted(0, "4")).End().Result);
    }

    [Fact]
    public void A_child_with_a_given_id_keeps_it()
    {
        Story story = new(async (context, _) => await context.CallChildWorkflowAsync<int>("Ship", options: new ChildWorkflowTaskOptions("ship-1")));

        Assert.Equal("ship-1", story.Start().Actions[0].CreateChildWorkflow.InstanceId);
    }

    [Fact]
    public void A_failed_child_throws_its_details()
    {
        Story story = new(async (context, _) => await context.CallChildWorkflowAsync<int>("Ship"));
        story.Start();

        var failure = story.Turn(ChildFailed(0)).Failure();

        Assert.Equal("Child workflow 'Ship' failed", failure.ErrorMessage);
        Assert.Equal("child broke", failure.InnerFailure.ErrorMessage);
    }

    [Fact]
    public void A_retry_waits_on_a_growing_timer_and_asks_again_under_the_next_number()
    {
        Story story = new(async (context, _) => await context.CallActivityAsync<int>("Pay", options: new WorkflowTaskOptions(Thrice)));
        var first = story.Start().Actions[0].ScheduleTask.TaskExecutionId;

        var timer = story.Turn(Failed(0)).Actions[0];
        Assert.Equal((1, first), (timer.Id, timer.CreateTimer.ActivityRetry.TaskExecutionId));
        Assert.Equal(Story.TimeOf(1).AddSeconds(10), timer.CreateTimer.FireAt.ToDateTime());
        Assert.Equal(["2 activity Pay"], story.Turn(Fired(1)).Actions());
        Assert.Equal(Story.TimeOf(3).AddSeconds(20), story.Turn(Failed(2)).Actions[0].CreateTimer.FireAt.ToDateTime());
        Assert.Equal(["4 activity Pay"], story.Turn(Fired(3)).Actions());
        Assert.Equal("Task failed: last", story.Turn(Failed(4, "last")).Failure().ErrorMessage);
    }

    [Fact]
    public void A_failure_that_says_it_is_not_retriable_is_not_retried()
    {
        Story story = new(async (context, _) => await context.CallActivityAsync<int>("Pay", options: new WorkflowTaskOptions(Thrice)));
        story.Start();

        Assert.Equal("Task failed: no", story.Turn(Failed(0, "no", isNonRetriable: true)).Failure().ErrorMessage);
    }

    [Fact]
    public void No_attempt_begins_after_the_retry_timeout()
    {
        WorkflowRetryPolicy policy = new(10, TimeSpan.FromSeconds(10), retryTimeout: TimeSpan.FromSeconds(90));
        Story story = new(async (context, _) => await context.CallActivityAsync<int>("Pay", options: new WorkflowTaskOptions(policy)));
        story.Start();
        Assert.Equal(["1 timer ActivityRetry"], story.Turn(Failed(0)).Actions());
        story.Turn(Fired(1));

        Assert.Equal("Task failed: late", story.Turn(Failed(2, "late")).Failure().ErrorMessage);
    }

    [Fact]
    public void A_child_is_retried_although_failed_workflows_always_say_not_retriable()
    {
        Story story = new(
            async (context, _) => await context.CallChildWorkflowAsync<int>("Ship", options: new ChildWorkflowTaskOptions(RetryPolicy: Thrice))
        );
        var first = story.Start().Actions[0].CreateChildWorkflow.InstanceId;

        Assert.Equal(first, story.Turn(ChildFailed(0)).Actions[0].CreateTimer.ChildWorkflowRetry.InstanceId);
        var second = story.Turn(Fired(1)).Actions[0];
        Assert.Equal(2, second.Id);
        Assert.NotEqual(first, second.CreateChildWorkflow.InstanceId);
        Assert.Equal("6", story.Turn(ChildCompleted(2, "6")).End().Result);
    }

    [Theory]
    [InlineData(0, 1, 1.0, null, null)]
    [InlineData(1, 0, 1.0, null, null)]
    [InlineData(1, 1, 0.5, null, null)]
    [InlineData(1, 10, 1.0, 5, null)]
    [InlineData(1, 7200, 1.0, null, null)]
    [InlineData(1, 10, 1.0, null, 5)]
    public void A_policy_out_of_range_is_refused(int attempts, int first, double coefficient, int? max, int? timeout) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new WorkflowRetryPolicy(
                attempts,
                TimeSpan.FromSeconds(first),
                coefficient,
                max is { } cap ? TimeSpan.FromSeconds(cap) : null,
                timeout is { } limit ? TimeSpan.FromSeconds(limit) : null
            )
        );

    [Fact]
    public void Delays_grow_to_the_cap()
    {
        WorkflowRetryPolicy policy = new(100, TimeSpan.FromSeconds(1), 3.0, TimeSpan.FromSeconds(20));

        Assert.Equal([1, 3, 9, 20, 20], Enumerable.Range(0, 5).Select(each => policy.DelayAfter(each).TotalSeconds));
        Assert.Equal(20, policy.DelayAfter(5000).TotalSeconds);
    }
}
