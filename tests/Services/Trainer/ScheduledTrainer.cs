using System.Collections.Concurrent;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Trainer;
using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Workflow;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Services.Tests.Trainer;

/// <summary>The trainer's schedulers on embedded Dapr with a clock that a test moves; the workflow only notes its input and what it would have
/// written.</summary>
/// <param name="time">Its clock.</param>
/// <param name="end">Plays the training: what it throws is its failure.</param>
internal sealed class ScheduledTrainer(FakeTimeProvider time, Func<TrainModelInput, Task>? end = null)
{
    private WebApplication? _app;

    /// <summary>Trainings that ran, by instance.</summary>
    public ConcurrentDictionary<string, TrainModelInput> Trained { get; } = [];

    public IServiceProvider Services => _app!.Services;

    public WebApplication Build(string[] args)
    {
        var builder = AnomalyApp.CreateBuilder(Apps.Trainer, args);
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddModelRegistry();
        builder.Services.AddSingleton<TrainingLog>();
        builder.Services.AddRetraining(ConfigurationServices.LoadSchedulers(builder.Configuration));
        builder.Services.AddDaprWorkflow(workflows =>
        {
            workflows.RegisterWorkflow<TrainModelInput, string>(
                TrainModelWorkflow.Name,
                (context, input) => context.CallActivityAsync<string>("train", new Started(context.InstanceId, input))
            );
            workflows.RegisterActivity<Started, string>("train", (_, started) => TrainAsync(started));
        });
        _app = builder.Build();
        _app.UseAnomalyDefaults().MapTrainer();
        return _app;
    }

    public void Advance(TimeSpan by) => time.Advance(by);

    /// <summary>Lets the loop look again and again, on its clock, until a condition holds.</summary>
    public Task UntilAsync(Func<Task<bool>> condition, string expectation) =>
        Eventually.TrueAsync(
            () =>
            {
                time.Advance(RetrainLoop.Poll);
                return condition();
            },
            expectation
        );

    private async Task<string> TrainAsync(Started started)
    {
        var log = _app!.Services.GetRequiredService<TrainingLog>();
        TrainingPlan plan = new(
            started.InstanceId,
            time.GetUtcNow(),
            TrainingWindow.Parse(started.Input.Window),
            started.Input.Trigger!,
            7,
            TrainingWindow.ParseCoarse(started.Input.CoarseWindow),
            started.Input.Scheduler
        );
        await log.BeganAsync(plan, CancellationToken.None);
        Trained[started.InstanceId] = started.Input;
        if (end is not null)
            await end(started.Input);
        await log.CompletedAsync(plan, time.GetUtcNow(), CancellationToken.None);
        return "";
    }

    private sealed record Started(string InstanceId, TrainModelInput Input);
}
