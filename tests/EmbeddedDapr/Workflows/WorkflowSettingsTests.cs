using Dapr.DurableTask.Protobuf;
using Dapr.Embedded;
using EmbeddedDapr.Tests.Workflows.TaskHub;

namespace EmbeddedDapr.Tests.Workflows;

public sealed class WorkflowSettingsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("workflow-settings-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Limits_bound_what_is_out_at_once()
    {
        await using var dapr = await StartAsync("maxConcurrentActivityInvocations: 2");
        await using var worker = await new HandWorker(dapr.Sidecars["a"].GrpcEndpoint).ConnectAsync();
        var started = worker.StartAsync("w");
        await worker.AnswerAsync(await worker.NextAsync(), [.. Enumerable.Range(0, 5).Select(id => HandWorker.Activity(id, "A"))]);
        await started;
        var underWay = new Queue<WorkItem>();
        for (var finished = 0; finished < 5;)
        {
            var item = await worker.NextAsync();
            if (item.WorkflowRequest is not null)
            {
                await worker.AnswerAsync(item);
                continue;
            }
            underWay.Enqueue(item);
            Assert.True(underWay.Count <= 2, $"{underWay.Count} activities are out");
            if (underWay.Count < 2 && finished < 3)
                continue;
            while (underWay.TryDequeue(out var next))
            {
                await worker.FinishAsync(next, "1");
                finished++;
                if (finished < 4)
                    break;
            }
        }
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

    private Task<Dapr.Embedded.EmbeddedDapr> StartAsync(string workflow)
    {
        var path = Path.Combine(folder, "config.yaml");
        File.WriteAllText(path, $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: {name: config}
            spec:
              workflow: { {{workflow}} }
            """);
        var options = new EmbeddedDaprOptions { Sidecars = [new SidecarOptions { AppId = "a", ConfigPaths = [path] }] };
        return Dapr.Embedded.EmbeddedDapr.StartAsync(options, TestContext.Current.CancellationToken);
    }
}
