using System.Text.Json.Nodes;
using Dapr.DurableTask.Protobuf;
using Dapr.Embedded;
using Dapr.Embedded.Workflows;
using EmbeddedDapr.Tests.Workflows.TaskHub;

namespace EmbeddedDapr.Tests.Workflows;

public sealed class WorkflowSettingsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("workflow-settings-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("maxConcurrentActivityInvocations: 2")]
    [InlineData("globalMaxConcurrentActivityInvocations: 2")]
    [InlineData("maxConcurrentActivityInvocations: 5, globalMaxConcurrentActivityInvocations: 2")]
    [InlineData("activityConcurrencyLimits: [{name: A, maxConcurrent: 2}, {name: B, maxConcurrent: 1}]")]
    public async Task Activities_that_are_out_at_once_are_as_many_as_the_limit(string settings)
    {
        await using var dapr = await StartAsync(settings);
        await using var worker = await new HandWorker(dapr.Sidecars["a"].GrpcEndpoint).ConnectAsync();
        _ = worker.StartAsync("w");
        await worker.AnswerAsync(await worker.NextAsync(), [.. Enumerable.Range(0, 8).Select(id => HandWorker.Activity(id, "A"))]);
        await BoundedAsync(worker, activities: 8, limit: 2);
    }

    [Theory]
    [InlineData("maxConcurrentWorkflowInvocations: 3")]
    [InlineData("globalMaxConcurrentWorkflowInvocations: 3")]
    [InlineData("workflowConcurrencyLimits: [{name: W, maxConcurrent: 3}]")]
    public async Task Turns_that_are_out_at_once_are_as_many_as_the_limit(string settings)
    {
        await using var dapr = await StartAsync(settings);
        await using var worker = await new HandWorker(dapr.Sidecars["a"].GrpcEndpoint).ConnectAsync();
        var started = Enumerable.Range(0, 9).Select(id => worker.StartAsync($"w{id}")).ToList();
        var open = new Queue<WorkItem>();
        for (var answered = 0; answered < 9; answered++)
        {
            while (open.Count < Math.Min(3, 9 - answered))
                open.Enqueue(await worker.NextAsync());
            Assert.True(worker.Delivered - answered <= 3, $"{worker.Delivered - answered} turns are out");
            await worker.AnswerAsync(open.Dequeue(), HandWorker.Complete(0));
        }
        await Task.WhenAll(started);
    }

    [Fact]
    public async Task A_name_without_room_lets_others_pass_and_a_lost_stream_gives_room_back()
    {
        await using var dapr = await StartAsync(
            "workflowConcurrencyLimits: [{name: Narrow, maxConcurrent: 1}], activityConcurrencyLimits: [{name: A, maxConcurrent: 1}]"
        );
        await using var worker = await new HandWorker(dapr.Sidecars["a"].GrpcEndpoint).ConnectAsync();
        _ = worker.StartAsync("n1", name: "Narrow");
        var first = await worker.NextAsync();
        _ = worker.StartAsync("n2", name: "Narrow");
        await worker.StateAsync("n2");
        _ = worker.StartAsync("wide");
        var wide = await worker.NextAsync();
        Assert.Equal(("n1", "wide"), (first.WorkflowRequest.InstanceId, wide.WorkflowRequest.InstanceId));

        await worker.DisconnectAsync();
        await worker.ConnectAsync();
        var again = new[] { await worker.NextAsync(), await worker.NextAsync() };
        Assert.Equal(["n1", "wide"], again.Select(item => item.WorkflowRequest.InstanceId).Order());
        await worker.AnswerAsync(
            again.Single(item => item.WorkflowRequest.InstanceId == "wide"),
            HandWorker.Activity(0, "A"),
            HandWorker.Activity(1, "A"),
            HandWorker.Activity(2, "B")
        );
        Assert.Equal(["A", "B"], new[] { await worker.NextAsync(), await worker.NextAsync() }.Select(item => item.ActivityRequest.Name).Order());
        await worker.AnswerAsync(again.Single(item => item.WorkflowRequest.InstanceId == "n1"), HandWorker.Complete(0));
        Assert.Equal("n2", (await worker.NextAsync()).WorkflowRequest.InstanceId);
    }

    [Fact]
    public async Task What_waits_for_its_name_and_is_not_wanted_any_more_does_not_hold_up_what_waits_behind_it()
    {
        await using var dapr = await StartAsync("workflowConcurrencyLimits: [{name: W, maxConcurrent: 1}]");
        await using var worker = await new HandWorker(dapr.Sidecars["a"].GrpcEndpoint).ConnectAsync();
        _ = worker.StartAsync("w1");
        var first = await worker.NextAsync();
        foreach (var id in new[] { "w2", "w3", "w4" })
        {
            _ = worker.StartAsync(id).ContinueWith(_ => { }, TaskScheduler.Default);
            while (await worker.StateAsync(id) is null)
                await Task.Yield();
        }
        foreach (var id in new[] { "w2", "w3" })
            await worker.CallAsync<TerminateRequest, TerminateResponse>("TerminateInstance", new TerminateRequest { InstanceId = id });

        await worker.AnswerAsync(first, HandWorker.Complete(0));

        Assert.Equal("w4", (await worker.NextAsync()).WorkflowRequest.InstanceId);
    }

    [Theory]
    [InlineData("maxConcurrentWorkflowInvocations: many", "workflow.maxConcurrentWorkflowInvocations is 'many'; a whole number would be right")]
    [InlineData("activityConcurrencyLimits: {A: 5}", "a list of {name, maxConcurrent} would be right")]
    [InlineData("activityConcurrencyLimits: [{maxConcurrent: 5}]", "activityConcurrencyLimits[].name is ''")]
    [InlineData("workflowConcurrencyLimits: [{name: W, maxConcurrent: 1}, {name: W, maxConcurrent: 2}]", "workflowConcurrencyLimits[].name is 'W'")]
    [InlineData("stateRetentionPolicy: {completed: soon}", "stateRetentionPolicy.completed is 'soon'")]
    public async Task A_wrong_setting_is_refused_at_the_start(string settings, string said) =>
        Assert.Contains(said, (await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(settings))).ToString());

    [Fact]
    public void Settings_without_effect_are_named_and_zero_is_no_limit()
    {
        var section = JsonNode
            .Parse(
                """
                {
                  "maxConcurrentWorkflowInvocations": 0, "activityDispatchMode": "pull", "fastPath": {},
                  "activityConcurrencyLimits": [{"name": "A", "dispatchMode": "pull"}, {"name": "B", "maxConcurrent": 0}]
                }
                """
            )!
            .AsObject();

        var settings = WorkflowSettings.Read(section);

        Assert.Equal(["activityDispatchMode", "fastPath", "activityConcurrencyLimits[A].dispatchMode"], settings.Unused);
        Assert.Equal(int.MaxValue, settings.Limits.Turns.Total);
        Assert.Empty(settings.Limits.Activities.ByName);
    }

    [Fact]
    public async Task Finished_instances_go_when_their_retention_is_over()
    {
        await using var dapr = await StartAsync("stateRetentionPolicy: {completed: 0s}");
        await using var worker = await new HandWorker(dapr.Sidecars["a"].GrpcEndpoint).ConnectAsync();
        foreach (var (id, status) in new[] { ("good", OrchestrationStatus.Completed), ("bad", OrchestrationStatus.Failed) })
        {
            var started = worker.StartAsync(id);
            await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Complete(0, status: status));
            await started;
        }
        var begun = TimeProvider.System.GetTimestamp();
        while (await worker.StateAsync("good") is not null)
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < HandWorker.Patience, "it is deleted");
        Assert.NotNull(await worker.StateAsync("bad"));
    }

    /// <summary>Takes as many activities as may be out, finishes one, takes the next: never are more out.</summary>
    private static async Task BoundedAsync(HandWorker worker, int activities, int limit)
    {
        var open = new Queue<WorkItem>();
        var turns = 1;
        for (var finished = 0; finished < activities; )
        {
            while (open.Count < Math.Min(limit, activities - finished))
            {
                var item = await worker.NextAsync();
                if (item.ActivityRequest is not null)
                {
                    open.Enqueue(item);
                    continue;
                }
                turns++;
                await worker.AnswerAsync(item);
            }
            await worker.FinishAsync(open.Dequeue(), "1");
            finished++;
            Assert.True(worker.Delivered - turns - finished <= limit + 1, $"{worker.Delivered - turns - finished} activities are out");
        }
    }

    private Task<Dapr.Embedded.EmbeddedDapr> StartAsync(string workflow)
    {
        var path = Path.Combine(folder, "config.yaml");
        File.WriteAllText(
            path,
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: {name: config}
            spec:
              workflow: { {{workflow}} }
            """
        );
        var options = new EmbeddedDaprOptions { Sidecars = [new SidecarOptions { AppId = "a", ConfigPaths = [path] }] };
        return Dapr.Embedded.EmbeddedDapr.StartAsync(options, TestContext.Current.CancellationToken);
    }
}
