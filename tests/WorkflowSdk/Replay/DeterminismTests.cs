using Dapr.Workflow;
using Dapr.Workflow.Worker.Replay;
using static WorkflowSdk.Tests.Replay.Events;

namespace WorkflowSdk.Tests.Replay;

public class DeterminismTests
{
    [Fact]
    public void Another_kind_of_step_than_history_has_fails_the_workflow_and_both_are_named()
    {
        Story story = new(
            async (context, _) =>
            {
                await context.CreateTimer(TimeSpan.FromMinutes(5));
                return null;
            }
        );
        story.WithPast(Story.TurnBegan(0), story.Started(), Scheduled(0, "Collect"));

        var failure = story.Turn(Completed(0)).Failure();

        Assert.Equal("Dapr.Workflow.Worker.Replay.NonDeterministicWorkflowException", failure.ErrorType);
        Assert.StartsWith(
            "Workflow 'Order' is not deterministic: at step 0 its history has activity 'Collect', but the code asked for timer.",
            failure.ErrorMessage
        );
    }

    [Fact]
    public void Another_name_fails_the_workflow()
    {
        Story story = new(async (context, _) => await context.CallActivityAsync<int>("Gather"));
        story.WithPast(Story.TurnBegan(0), story.Started(), Scheduled(0, "Collect"));

        Assert.Contains("history has activity 'Collect', but the code asked for activity 'Gather'", story.Turn(Completed(0)).Failure().ErrorMessage);
    }

    [Fact]
    public void A_step_that_the_code_no_longer_asks_for_fails_the_workflow()
    {
        Story story = new((_, _) => Task.FromResult<object?>(1));
        story.WithPast(Story.TurnBegan(0), story.Started(), Scheduled(0, "Collect"));

        Assert.Contains("history has activity 'Collect', but the code asked for nothing", story.Turn(Completed(0)).Failure().ErrorMessage);
    }

    [Fact]
    public void Inputs_and_delays_may_change()
    {
        var minutes = 5;
        Story story = new(
            async (context, _) =>
            {
                await context.CreateTimer(TimeSpan.FromMinutes(minutes));
                return await context.CallActivityAsync<int>("A", minutes);
            }
        );
        story.Start();
        minutes = 50;

        Assert.Equal(["1 activity A"], story.Turn(Fired(0)).Actions());
    }

    [Fact]
    public void A_timer_of_another_purpose_fails_the_workflow()
    {
        var waits = false;
        Story story = new(
            async (context, _) =>
            {
                if (waits)
                    await context.WaitForExternalEventAsync<int>("go", TimeSpan.FromMinutes(1));
                else
                    await context.CreateTimer(TimeSpan.FromMinutes(1));
                return null;
            }
        )
        {
            KeepsExecution = false,
        };
        story.Start();
        waits = true;

        Assert.Contains("history has timer, but the code asked for event timer", story.Turn(Fired(0)).Failure().ErrorMessage);
    }

    [Fact]
    public void Awaiting_what_the_context_did_not_make_fails_the_workflow_instead_of_hanging_it()
    {
        using SemaphoreSlim never = new(0);
        Story story = new(
            async (_, _) =>
            {
                await never.WaitAsync();
                return null;
            }
        );

        Assert.StartsWith("Workflow 'Order' awaits a task that its context did not make", story.Start().Failure().ErrorMessage);
    }

    [Fact]
    public void Code_that_went_on_elsewhere_may_not_call_its_context()
    {
        using ManualResetEventSlim wasRefused = new();
        Story story = new(
            async (context, _) =>
            {
                var open = context.CallActivityAsync("A");
                await Task.Run(() =>
                {
                    Assert.Throws<NonDeterministicWorkflowException>(() => context.SetCustomStatus("late"));
                    wasRefused.Set();
                });
                await open;
                return null;
            }
        )
        {
            KeepsExecution = false,
        };

        story.Start();

        Assert.True(wasRefused.Wait(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void ConfigureAwait_false_stays_on_the_thread_of_the_turn()
    {
        Story story = new(
            async (context, _) =>
            {
                await Twice(context).ConfigureAwait(false);
                return await context.CallActivityAsync<int>("B");
            }
        );

        Assert.Equal(["0 activity A"], story.Start().Actions());
        Assert.Equal(["1 activity A"], story.Turn(Completed(0)).Actions());
        Assert.Equal(["2 activity B"], story.Turn(Completed(1)).Actions());
        Assert.Equal("3", story.Turn(Completed(2, "3")).End().Result);

        static async Task Twice(WorkflowContext context)
        {
            await context.CallActivityAsync("A").ConfigureAwait(false);
            await context.CallActivityAsync("A");
        }
    }

    [Fact]
    public void New_instances_take_a_patch_and_say_so_in_every_turn()
    {
        Story story = new(
            async (context, _) =>
            {
                await context.CallActivityAsync(context.IsPatched("faster") ? "New" : "Old");
                return context.IsPatched("faster");
            }
        );

        var first = story.Start();
        Assert.Equal(["0 activity New"], first.Actions());
        Assert.Equal(["faster"], first.Version.Patches);

        var second = story.Turn(Completed(0));
        Assert.Equal("true", second.End().Result);
        Assert.Equal(["faster", "faster"], second.Version.Patches);
    }

    [Fact]
    public void Instances_that_went_past_it_keep_the_old_path_to_their_end()
    {
        Story story = new(
            async (context, _) =>
            {
                await context.CallActivityAsync(context.IsPatched("faster") ? "New" : "Old");
                return context.IsPatched("faster");
            }
        );
        story.WithPast(Story.TurnBegan(0), story.Started(), Scheduled(0, "Old"));

        var response = story.Turn(Completed(0));

        Assert.Equal("false", response.End().Result);
        Assert.Null(response.Version);
    }

    [Fact]
    public void A_running_instance_takes_a_patch_that_it_reaches_for_the_first_time()
    {
        Story story = new(
            async (context, _) =>
            {
                await context.CallActivityAsync("A");
                await context.CallActivityAsync(context.IsPatched("faster") ? "New" : "Old");
                return await context.CallActivityAsync<int>("C");
            }
        );
        story.WithPast(Story.TurnBegan(0), story.Started(), Scheduled(0, "A"));

        Assert.Equal(["1 activity New"], story.Turn(Completed(0)).Actions());
        Assert.Equal(["2 activity C"], story.Turn(Completed(1)).Actions());
    }
}
