using Dapr.Conformance.Tests.Fixture;
using Dapr.Workflow;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>The package's worker keeps histories and is sent what is new; what it no longer keeps, or never does, it gets whole.</summary>
public class WorkflowHistoryCacheTests(DaprFixture dapr) : ConformanceTest(dapr)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Instances_go_on_when_the_worker_does_not_keep_their_history(bool isOff)
    {
        var sidecar = await Dapr.SidecarAsync(isOff ? "wf-cache-off" : "wf-cache-one", null, Cancellation);
        using var host = WorkflowHost.Build(
            Dapr,
            sidecar,
            new ActivityCounts(),
            token: null,
            options =>
            {
                options.DisableStatefulHistory = isOff;
                options.HistoryCacheMaxInstances = 1;
            }
        );
        await host.StartAsync(Cancellation);
        var client = host.Services.GetRequiredService<DaprWorkflowClient>();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));

        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.ScheduleNewWorkflowAsync("Collect", Unique("wf"), 3)));
        foreach (var item in new[] { "a", "b", "c" })
            await Task.WhenAll(ids.Select(id => client.RaiseEventAsync(id, "Item", item, deadline.Token)));

        var ended = await Task.WhenAll(ids.Select(id => client.WaitForWorkflowCompletionAsync(id, cancellation: deadline.Token)));
        Assert.All(ended, state => Assert.Equal("a,b,c", state.ReadOutputAs<string>()));
        await host.StopAsync(Cancellation);
    }
}
