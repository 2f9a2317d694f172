using Dapr.Conformance.Tests.Fixture;
using Dapr.Workflow;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>The package's worker and client against a sidecar that wants an API token, which they read from DAPR_API_TOKEN.</summary>
public class WorkflowTokenTests(DaprFixture dapr) : ConformanceTest(dapr)
{
    [Fact]
    public async Task With_the_token_worker_and_client_are_let_in()
    {
        using var host = WorkflowHost.Build(Dapr, Dapr.Guarded, new ActivityCounts(), DaprFixture.Token);
        await host.StartAsync(Cancellation);
        var client = host.Services.GetRequiredService<DaprWorkflowClient>();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));

        var id = await client.ScheduleNewWorkflowAsync("Chain", Unique("wf"), 3);

        Assert.Equal(12, (await client.WaitForWorkflowCompletionAsync(id, cancellation: deadline.Token)).ReadOutputAs<int>());
        await host.StopAsync(Cancellation);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    public async Task Without_the_right_token_a_client_is_not_let_in(string? token)
    {
        using var host = WorkflowHost.Build(Dapr, Dapr.Guarded, new ActivityCounts(), token);
        var client = host.Services.GetRequiredService<DaprWorkflowClient>();

        var refusal = await Assert.ThrowsAsync<RpcException>(() => client.GetWorkflowStateAsync(Unique("none"), cancellation: Cancellation));
        Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
    }
}
