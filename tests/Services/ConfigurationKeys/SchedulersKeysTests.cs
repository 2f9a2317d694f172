using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Services.Tests.Support;
using Dapr.Anomaly.Services.Tests.Trainer;
using Dapr.Anomaly.Trainer;
using Dapr.Anomaly.Workflows.TrainModel;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Services.Tests.ConfigurationKeys;

/// <summary>What <c>schedulers:</c> changes, seen on the trainings that the trainer starts.</summary>
public sealed class SchedulersKeysTests : IDisposable
{
    private readonly ConfiguredFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [EffectOf("schedulers.*.fit_every")]
    [EffectOf("schedulers.*.fit_window")]
    public async Task FitEveryAndFitWindow_OfTwoSchedulers_StartTheirTrainingsWithTheirWindows()
    {
        FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
        ScheduledTrainer trainer = new(time);
        await using var dapr = await TestDapr.StartAsync(_folder.Path);
        await dapr.AddAsync(
            Apps.Trainer,
            trainer.Build,
            _folder.Configure("schedulers: { short: { fit_every: 5m, fit_window: 35m }, long: { fit_every: 1h, fit_window: 3d } }")
        );

        // First "short", because it stands first; then each when its own time has passed.
        trainer.Advance(RetrainRule.FirstAfter);
        await trainer.UntilAsync(
            () =>
            {
                trainer.Advance(TimeSpan.FromMinutes(1));
                return Task.FromResult(Of(trainer, "short").Count() >= 3 && Of(trainer, "long").Any());
            },
            "both schedulers train"
        );

        Assert.All(Of(trainer, "short"), i => Assert.Equal(("35m", "35m"), (i.Window, i.CoarseWindow)));
        Assert.All(Of(trainer, "long"), i => Assert.Equal(("12h", "3d"), (i.Window, i.CoarseWindow)));
        Assert.All(trainer.Trained.Values, i => Assert.Equal("schedule", i.Trigger));
    }

    [Fact]
    [EffectOf("schedulers.*.class")]
    public void Class_OtherThanPeriodic_StopsTheTrainer()
    {
        var e = Assert.Throws<ConfigurationException>(() => TrainerHost.Build([_folder.Configure("schedulers: { d: { class: once } }")]));
        Assert.EndsWith(
            "anomaly.yaml:1: schedulers.d.class: \"once\" is not known; write periodic (one training now: anomaly train)",
            e.Message,
            StringComparison.Ordinal
        );
    }

    private static IEnumerable<TrainModelInput> Of(ScheduledTrainer trainer, string scheduler) =>
        trainer.Trained.Values.Where(i => i.Scheduler == scheduler);
}
