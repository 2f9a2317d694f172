using System.Collections.Concurrent;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Anomaly.Workflows.TrainModel.Activities;
using Dapr.Workflow;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Anomaly.Workflows.Tests.TrainModel;

/// <summary>How the workflow fails on a real engine, with the first activity played by a test.</summary>
public sealed class TrainModelOnDaprTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_StepRefuses_EndsFailedAfterOneTryWithTheReasonAlone()
    {
        var (state, tries) = await RunAsync(_ => new(null, "nothing to learn from: 3 queries gave no sample"));
        Assert.Equal(WorkflowRuntimeStatus.Failed, state.RuntimeStatus);
        Assert.Equal("nothing to learn from: 3 queries gave no sample", state.FailureDetails?.ErrorMessage);
        Assert.Equal(1, tries);
    }

    [Fact]
    public async Task Run_StepFaultsOnce_IsTriedAgainAndGoesOn()
    {
        var (state, tries) = await RunAsync(attempt =>
            attempt == 1 ? throw new HttpRequestException("the state store is away") : new(null, "refused by the second try")
        );
        Assert.Equal("refused by the second try", state.FailureDetails?.ErrorMessage);
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task Run_WindowThatIsNone_EndsFailedAndSaysWhatToWrite()
    {
        var (state, tries) = await RunAsync(_ => new(null, "never asked"), new TrainModelInput("often"));
        Assert.Equal("window: \"often\" is not a duration; write 45m, 12h or 2d", state.FailureDetails?.ErrorMessage);
        Assert.Equal(0, tries);
    }

    private async Task<(WorkflowState State, int Tries)> RunAsync(Func<int, StepOutcome<CollectedData>> collect, TrainModelInput? input = null)
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        ConcurrentQueue<TrainingPlan> tries = [];
        var (app, _) = await dapr.AddAsync(
            "trainer",
            args =>
            {
                var builder = AnomalyApp.CreateBuilder("trainer", args);
                builder.Services.AddDaprWorkflow(workflows =>
                {
                    workflows.RegisterWorkflow<TrainModelWorkflow>(TrainModelWorkflow.Name);
                    workflows.RegisterActivity<TrainingPlan, StepOutcome<CollectedData>>(
                        nameof(CollectActivity),
                        (_, plan) =>
                        {
                            tries.Enqueue(plan);
                            return Task.FromResult(collect(tries.Count));
                        }
                    );
                });
                return builder.Build().UseAnomalyDefaults();
            }
        );
        var client = app.Services.GetRequiredService<DaprWorkflowClient>();
        var id = await client.ScheduleNewWorkflowAsync(TrainModelWorkflow.Name, "train-1", input);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return (await client.WaitForWorkflowCompletionAsync(id, getInputsAndOutputs: true, patience.Token), tries.Count);
    }
}
