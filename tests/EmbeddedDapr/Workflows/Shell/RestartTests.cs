using Dapr.DurableTask.Protobuf;
using Dapr.Embedded;
using EmbeddedDapr.Tests.Workflows.TaskHub;
using Google.Protobuf.WellKnownTypes;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace EmbeddedDapr.Tests.Workflows.Shell;

/// <summary>What a runtime that starts on the folder of another finds there.</summary>
public sealed class RestartTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("workflows-").FullName;
    private Dapr.Embedded.EmbeddedDapr dapr = null!;
    private HandWorker worker = null!;

    public async ValueTask InitializeAsync() => await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await worker.DisposeAsync();
        await dapr.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Open_turns_and_activities_come_again_and_finished_ones_do_not()
    {
        var started = worker.StartAsync("w");
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Activity(0, "Done"), HandWorker.Activity(1, "Open"));
        await started;
        var items = new[] { await worker.NextAsync(), await worker.NextAsync() };
        await worker.FinishAsync(items.Single(item => item.ActivityRequest.Name == "Done"), "1");
        await worker.AnswerAsync(await worker.NextAsync());
        await RestartAsync();
        var again = await worker.NextAsync();
        Assert.Equal("Open", again.ActivityRequest.Name);
        await worker.FinishAsync(again, "2");
        var turn = await worker.NextAsync();
        Assert.Equal(
            [Kind.WorkflowStarted, Kind.ExecutionStarted, Kind.TaskScheduled, Kind.TaskScheduled, Kind.WorkflowStarted, Kind.TaskCompleted],
            turn.WorkflowRequest.PastEvents.Select(one => one.EventTypeCase)
        );
        await worker.AnswerAsync(turn, HandWorker.Complete(2, "\"end\""));
        Assert.Equal("\"end\"", (await worker.EndAsync("w")).Output);
    }

    [Fact]
    public async Task Timers_raised_events_generations_and_children_survive()
    {
        var started = worker.StartAsync("w");
        await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Complete(0, "2", OrchestrationStatus.ContinuedAsNew));
        var child = new WorkflowAction
        {
            Id = 1,
            CreateChildWorkflow = new CreateChildWorkflowAction { Name = "C", InstanceId = "child" },
        };
        var timer = new WorkflowAction
        {
            Id = 2,
            CreateTimer = new CreateTimerAction { FireAt = new Timestamp { Seconds = 1 } },
        };
        await worker.AnswerAsync(await worker.NextAsync(), child);
        await started;
        await worker.NextAsync();
        var raised = worker.RaiseAsync("w", "go", "1");
        var open = await worker.NextAsync();
        await raised;
        await RestartAsync();
        var seen = new HashSet<Kind>();
        while (!seen.IsSupersetOf([Kind.EventRaised, Kind.TimerFired, Kind.ChildWorkflowInstanceCompleted]))
        {
            var turn = await worker.NextAsync();
            if (turn.WorkflowRequest.InstanceId == "child")
            {
                await worker.AnswerAsync(turn, HandWorker.Complete(0, "\"c\""));
                continue;
            }
            Assert.Equal("2", turn.WorkflowRequest.PastEvents.Single(one => one.EventTypeCase == Kind.ExecutionStarted).ExecutionStarted.Input);
            var fresh = turn.WorkflowRequest.NewEvents.Select(one => one.EventTypeCase).ToList();
            Assert.DoesNotContain(fresh, one => one != Kind.WorkflowStarted && !seen.Add(one));
            await worker.AnswerAsync(turn, fresh.Contains(Kind.EventRaised) ? [timer] : []);
        }
        Assert.Equal("\"c\"", (await worker.StateAsync("child"))!.Output);
        Assert.Equal(OrchestrationStatus.Running, (await worker.StateAsync("w"))!.WorkflowStatus);
    }

    [Fact]
    public async Task Purged_ids_run_again_with_their_activities()
    {
        for (var run = 0; run < 3; run++)
        {
            var started = worker.StartAsync("w");
            await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Activity(0, "A"));
            await started;
            await worker.FinishAsync(await worker.NextAsync(), "1");
            await worker.AnswerAsync(await worker.NextAsync(), HandWorker.Complete(1));
            await worker.EndAsync("w");
            await worker.CallAsync<PurgeInstancesRequest, PurgeInstancesResponse>("PurgeInstances", new PurgeInstancesRequest { InstanceId = "w" });
            Assert.Null(await worker.StateAsync("w"));
            await RestartAsync();
            Assert.Null(await worker.StateAsync("w"));
        }
    }

    private async Task StartAsync()
    {
        var options = new EmbeddedDaprOptions { DataDirectory = folder, Sidecars = [new SidecarOptions { AppId = "a" }] };
        dapr = await Dapr.Embedded.EmbeddedDapr.StartAsync(options, TestContext.Current.CancellationToken);
        worker = await new HandWorker(dapr.Sidecars["a"].GrpcEndpoint).ConnectAsync();
    }

    private async Task RestartAsync()
    {
        await worker.DisposeAsync();
        await dapr.DisposeAsync();
        await StartAsync();
    }
}
