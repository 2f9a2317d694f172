using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using static WorkflowSdk.Tests.Replay.Events;

namespace WorkflowSdk.Tests.Replay;

public class ActivityTests
{
    [Fact]
    public void A_chain_asks_for_one_activity_a_turn_and_ends_with_the_result()
    {
        Story story = new(
            async (context, input) =>
            {
                var paid = await context.CallActivityAsync<int>("Pay", input);
                return await context.CallActivityAsync<string>("Ship", paid + 1);
            }
        );

        var first = story.Start("\"book\"");
        Assert.Equal(["0 activity Pay"], first.Actions());
        Assert.Equal("\"book\"", first.Actions[0].ScheduleTask.Input);

        var second = story.Turn(Completed(0, "41"));
        Assert.Equal(["1 activity Ship"], second.Actions());
        Assert.Equal("42", second.Actions[0].ScheduleTask.Input);

        var third = story.Turn(Completed(1, "\"sent\""));
        Assert.Equal("\"sent\"", third.End().Result);
        Assert.Equal(OrchestrationStatus.Completed, third.End().WorkflowStatus);
    }

    [Fact]
    public void Parallel_calls_get_ids_in_the_order_of_the_calls_and_results_in_any_order()
    {
        Story story = new(
            async (context, _) =>
                string.Join(",", await Task.WhenAll(Enumerable.Range(0, 3).Select(each => context.CallActivityAsync<string>("Count", each))))
        );

        Assert.Equal(["0 activity Count", "1 activity Count", "2 activity Count"], story.Start().Actions());
        Assert.Empty(story.Turn(Completed(2, "\"c\"")).Actions);
        Assert.Empty(story.Turn(Completed(0, "\"a\"")).Actions);
        Assert.Equal("\"a,b,c\"", story.Turn(Completed(1, "\"b\"")).End().Result);
    }

    [Fact]
    public void A_failed_activity_throws_its_details()
    {
        Story story = new(
            async (context, _) =>
            {
                try
                {
                    await context.CallActivityAsync("Pay");
                    return "paid";
                }
                catch (WorkflowTaskFailedException failure)
                {
                    return $"{failure.Message}|{failure.FailureDetails}|{failure.FailureDetails.IsCausedBy<InvalidOperationException>()}";
                }
            }
        );
        story.Start();

        Assert.Equal("\"Task failed: no stock|System.InvalidOperationException: no stock|True\"", story.Turn(Failed(0)).End().Result);
    }

    [Fact]
    public void An_unhandled_failure_fails_the_workflow_with_its_cause()
    {
        Story story = new(async (context, _) => await context.CallActivityAsync<string>("Pay"));
        story.Start();

        var failure = story.Turn(Failed(0)).Failure();

        Assert.Equal("Dapr.Workflow.WorkflowTaskFailedException", failure.ErrorType);
        Assert.Equal("Task failed: no stock", failure.ErrorMessage);
        Assert.True(failure.IsNonRetriable);
        Assert.Equal("System.InvalidOperationException", failure.InnerFailure.ErrorType);
    }

    [Fact]
    public void An_exception_before_the_first_await_fails_the_workflow()
    {
        Story story = new((_, _) => throw new FormatException("bad order"));

        Assert.Equal("bad order", story.Start().Failure().ErrorMessage);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void No_result_reads_as_the_default(string? result)
    {
        Story story = new(async (context, _) => await context.CallActivityAsync<int>("Count") + 1);
        story.Start();

        Assert.Equal("1", story.Turn(Completed(0, result)).End().Result);
    }

    [Fact]
    public void A_result_of_null_is_an_empty_text()
    {
        Story story = new((_, _) => Task.FromResult<object?>(null));

        Assert.Equal("", story.Start().End().Result);
    }

    [Fact]
    public void A_second_completion_of_a_task_is_ignored()
    {
        Story story = new(async (context, _) => await context.CallActivityAsync<int>("A") + await context.CallActivityAsync<int>("B"));
        story.Start();
        Assert.Equal(["1 activity B"], story.Turn(Completed(0, "1"), Completed(0, "7"), Failed(0)).Actions());

        Assert.Equal("3", story.Turn(Completed(0, "9"), Completed(1, "2")).End().Result);
    }

    [Fact]
    public void Each_attempt_has_a_task_execution_id_that_replay_keeps()
    {
        Story story = new(
            async (context, _) =>
            {
                await context.CallActivityAsync("A");
                await context.CallActivityAsync("A");
                return null;
            }
        );

        var first = story.Peek(story.Started()).Actions[0].ScheduleTask.TaskExecutionId;
        Assert.Equal(first, story.Start().Actions[0].ScheduleTask.TaskExecutionId);
        Assert.Matches("^[0-9a-f]{32}$", first);
        Assert.NotEqual(first, story.Turn(Completed(0)).Actions[0].ScheduleTask.TaskExecutionId);
    }

    [Fact]
    public void A_late_completion_of_another_generation_is_not_taken_for_this_ones()
    {
        Story story = new(async (context, _) => await context.CallActivityAsync<int>("A"));
        var own = story.Start().Actions[0].ScheduleTask.TaskExecutionId;

        Assert.Empty(story.Turn(Completed(0, "13", "00000000000000000000000000000001")).Actions);
        Assert.Equal("5", story.Turn(Completed(0, "5", own)).End().Result);
    }

    [Fact]
    public void Options_set_the_target_app_and_the_propagation_scope()
    {
        Story story = new(
            async (context, _) =>
            {
                await context.CallActivityAsync(
                    "A",
                    options: new WorkflowTaskOptions(TargetAppId: "other").WithHistoryPropagation(Dapr.Workflow.HistoryPropagationScope.Lineage)
                );
                return null;
            }
        );

        var action = story.Start().Actions[0];

        Assert.Equal("other", action.Router.TargetAppID);
        Assert.Equal(Dapr.DurableTask.Protobuf.HistoryPropagationScope.Lineage, action.ScheduleTask.HistoryPropagationScope);
    }

    [Fact]
    public void At_most_the_given_number_of_parallel_tasks_runs_and_results_keep_the_order()
    {
        Story story = new(
            async (context, _) =>
                string.Join(",", await context.ProcessInParallelAsync([1, 2, 3, 4, 5], each => context.CallActivityAsync<int>("Square", each), 2))
        );

        Assert.Equal(2, story.Start().Actions.Count);
        Assert.Equal(["2 activity Square"], story.Turn(Completed(1, "4")).Actions());
        Assert.Equal(["3 activity Square", "4 activity Square"], story.Turn(Completed(0, "1"), Completed(2, "9")).Actions());
        Assert.Equal("\"1,4,9,16,25\"", story.Turn(Completed(4, "25"), Completed(3, "16")).End().Result);
    }

    [Fact]
    public void Parallel_failures_come_together_when_all_have_finished()
    {
        Story story = new(async (context, _) => await context.ProcessInParallelAsync([1, 2], each => context.CallActivityAsync<int>("Square", each)));
        story.Start();
        Assert.Empty(story.Turn(Failed(0)).Actions);

        Assert.Equal("System.AggregateException", story.Turn(Completed(1, "4")).Failure().ErrorType);
    }
}
