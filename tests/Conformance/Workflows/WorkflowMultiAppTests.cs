using Dapr.Conformance.Tests.Fixture;
using Dapr.Workflow;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>A workflow whose activities and children run in another app, with the package's worker on both sides.</summary>
public class WorkflowMultiAppTests(DaprFixture dapr, WorkflowHost workflows) : ConformanceTest(dapr), IClassFixture<WorkflowHost>
{
    [Theory]
    [InlineData("ActivityElsewhere")]
    [InlineData("ChildElsewhere")]
    public async Task Work_for_another_app_runs_there_and_its_result_comes_back(string workflow)
    {
        ActivityCounts counts = new();
        using var other = WorkflowHost.Build(Dapr, await Dapr.SidecarAsync("wf-other", null, Cancellation), counts, token: null);
        await other.StartAsync(Cancellation);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        var key = Unique("key");

        var id = await workflows.Client.ScheduleNewWorkflowAsync(workflow, Unique("wf"), key);
        if (workflow == "ChildElsewhere")
        {
            var there = other.Services.GetRequiredService<DaprWorkflowClient>();
            await Backends.Health.UntilAsync(
                "the child is there",
                async () => (await there.GetWorkflowStateAsync($"{id}-child", cancellation: Cancellation)).Exists,
                Cancellation
            );
            await there.RaiseEventAsync($"{id}-child", "Item", "x", Cancellation);
        }

        Assert.Equal(1, (await workflows.Client.WaitForWorkflowCompletionAsync(id, cancellation: deadline.Token)).ReadOutputAs<int>());
        Assert.Equal((1, 0), (counts[key], workflows.Counts[key]));
        await other.StopAsync(Cancellation);
    }
}
