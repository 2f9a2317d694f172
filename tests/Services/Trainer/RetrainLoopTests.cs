using System.Net;
using System.Net.Http.Json;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.ConfigurationKeys;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Trainer;
using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Workflow;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Services.Tests.Trainer;

public sealed class RetrainLoopTests : IDisposable
{
    private readonly ConfiguredFolder _folder = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Loop_NoModel_TrainsFirstSoonAfterTheStartThenEveryPeriod()
    {
        ScheduledTrainer trainer = new(_time);
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Trainer, trainer.Build, _folder.Configure("schedulers: { daily: { fit_every: 24h } }"));

        trainer.Advance(RetrainRule.FirstAfter);
        await CompletedAsync(trainer, 1);
        Assert.Equal(["train-daily-first"], trainer.Trained.Keys);
        trainer.Advance(TimeSpan.FromHours(23));
        trainer.Advance(TimeSpan.FromHours(1));
        await CompletedAsync(trainer, 2);
    }

    [Fact]
    public async Task Loop_RestartWithinThePeriod_RemembersTheLastTraining()
    {
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        var config = _folder.Configure("schedulers: { daily: { fit_every: 24h } }");
        ScheduledTrainer before = new(_time);
        var (app, sidecar) = await dapr.AddAsync(Apps.Trainer, before.Build, config);
        before.Advance(RetrainRule.FirstAfter);
        await CompletedAsync(before, 1);
        await dapr.StopAsync(app, sidecar);

        ScheduledTrainer after = new(_time);
        await dapr.AddAsync(Apps.Trainer, after.Build, config);
        var retrainer = after.Services.GetRequiredService<Retrainer>();
        _time.Advance(TimeSpan.FromHours(23));
        Assert.Null(await retrainer.StartDueAsync(CancellationToken.None));
        _time.Advance(TimeSpan.FromHours(2));
        await CompletedAsync(after, 1);
    }

    [Fact]
    public async Task Loop_AnotherTrainingRuns_WaitsUntilItHasEnded()
    {
        TaskCompletionSource ends = new();
        ScheduledTrainer trainer = new(_time, input => input.Scheduler is null ? ends.Task : Task.CompletedTask);
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Trainer, trainer.Build, _folder.Configure("schedulers: { often: { fit_every: 1m } }"));
        var workflows = trainer.Services.GetRequiredService<DaprWorkflowClient>();
        await workflows.ScheduleNewWorkflowAsync(TrainModelWorkflow.Name, "train-by-hand", new TrainModelInput());
        await Eventually.TrueAsync(() => trainer.Trained.ContainsKey("train-by-hand"), "the training by hand runs");

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Null(await trainer.Services.GetRequiredService<Retrainer>().StartDueAsync(CancellationToken.None));
        Assert.Equal(["train-by-hand"], trainer.Trained.Keys);

        ends.SetResult();
        await Eventually.TrueAsync(
            async () => (await workflows.GetWorkflowStateAsync("train-by-hand")).IsWorkflowCompleted,
            "the training by hand ends"
        );
        trainer.Advance(TimeSpan.FromMinutes(1));
        await CompletedAsync(trainer, 2);
    }

    [Fact]
    public async Task Loop_TrainingThatFails_IsTriedAgainUnderAnotherName()
    {
        var failures = 1;
        ScheduledTrainer trainer = new(
            _time,
            _ => Interlocked.Decrement(ref failures) >= 0 ? throw new InvalidOperationException("too little history") : Task.CompletedTask
        );
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Trainer, trainer.Build, _folder.Configure("schedulers: { daily: {} }"));
        var workflows = trainer.Services.GetRequiredService<DaprWorkflowClient>();

        trainer.Advance(RetrainRule.FirstAfter);
        await trainer.UntilAsync(
            async () => (await workflows.GetWorkflowStateAsync("train-daily-first")) is { RuntimeStatus: WorkflowRuntimeStatus.Failed },
            "the first fails"
        );
        trainer.Advance(RetrainRule.RetryAfter + TimeSpan.FromMinutes(1));
        await CompletedAsync(trainer, 2);
    }

    [Fact]
    public async Task StartDue_TwoReplicasAtTheSameMoment_StartOneTraining()
    {
        ScheduledTrainer trainer = new(_time);
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Trainer, trainer.Build, _folder.Configure("schedulers: { daily: {} }"));
        var replicas = Enumerable.Range(0, 3).Select(_ => ActivatorUtilities.CreateInstance<Retrainer>(trainer.Services)).ToArray();
        _time.Advance(RetrainRule.FirstAfter);

        await Task.WhenAll(replicas.Select(r => r.StartDueAsync(CancellationToken.None)));

        await CompletedAsync(trainer, 1);
        Assert.Equal(["train-daily-first"], trainer.Trained.Keys);
    }

    [Fact]
    public async Task Training_NewestOfSeveral_IsReadById()
    {
        ScheduledTrainer trainer = new(_time);
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(Apps.Trainer, trainer.Build, _folder.Configure("schedulers: { yearly: { fit_every: 365d } }"));
        using var client = await dapr.ClientAsync();
        var http = client.CreateInvokableHttpClient(Apps.Trainer);
        Assert.Equal(HttpStatusCode.NoContent, (await http.GetAsync("v1/training")).StatusCode);
        var workflows = trainer.Services.GetRequiredService<DaprWorkflowClient>();
        foreach (var id in (string[])["one", "two"])
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await workflows.ScheduleNewWorkflowAsync(TrainModelWorkflow.Name, id, new TrainModelInput());
            await workflows.WaitForWorkflowCompletionAsync(id);
        }

        var training = await http.GetFromJsonAsync<TrainingV1>("v1/training", MessageJson.Options);

        Assert.Equal(("two", "Completed", null), (training!.InstanceId, training.Status, training.Failure));
    }

    /// <summary>Waits for trainings that have been written into the log, which the next one is counted from.</summary>
    private static Task CompletedAsync(ScheduledTrainer trainer, int count) =>
        trainer.UntilAsync(
            async () =>
                trainer.Trained.Count >= count
                && (await trainer.Services.GetRequiredService<TrainingLog>().ReadAsync(CancellationToken.None)).Latest is { } latest
                && trainer.Trained.ContainsKey(latest)
                && (await trainer.Services.GetRequiredService<DaprWorkflowClient>().GetWorkflowStateAsync(latest)).IsWorkflowCompleted,
            $"{count} trainings are completed"
        );
}
