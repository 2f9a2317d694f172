using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Trainer;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Services.Tests.Trainer;

public class RetrainRuleTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly SchedulerConfiguration Hourly = new(TimeSpan.FromHours(1), TimeSpan.FromDays(14));
    private static readonly Attempt Runs = new(false, false, Noon);

    [Fact]
    public void Next_NoModelAtAll_IsSoonAfterTheStart() =>
        Assert.Equal(new("train-h-first", Noon + RetrainRule.FirstAfter), Next(SchedulerLog.Nothing, null));

    [Fact]
    public void Next_TrainedItself_CountsFromItsOwn() =>
        Assert.Equal(new("train-h-20260105-110000", Noon.AddHours(-1)), Next(new(null, Noon.AddHours(-2)), null));

    [Fact]
    public void Next_WhileItsOwnRuns_Waits() => Assert.Null(Next(new("train-h-1", Noon.AddHours(-2)), Runs).InstanceId);

    [Theory]
    [InlineData(5)]
    [InlineData(60)]
    public void Next_AfterAFailure_TriesAgainAfterTenMinutesOrItsPeriod(int everyMinutes)
    {
        var scheduler = Hourly with { FitEvery = TimeSpan.FromMinutes(everyMinutes) };
        var failed = new Attempt(true, false, Noon);
        var expected = Noon.AddMinutes(Math.Min(10, everyMinutes));
        Assert.Equal(expected, RetrainRule.Next("h", scheduler, new("a", null), Noon, failed).DueAt);
        Assert.Equal($"train-h-{expected:yyyyMMdd-HHmmss}", RetrainRule.Next("h", scheduler, new("a", null), Noon, failed).InstanceId);
    }

    [Fact]
    public void Next_FailureBeforeTheLastCompletedOne_IsForgotten() =>
        Assert.Equal(Noon, Next(new("a", Noon.AddHours(-1)), new(true, false, Noon.AddHours(-2))).DueAt);

    [Fact]
    public void Next_ItsOwnSucceeded_IsAPeriodLater() =>
        Assert.Equal(Noon.AddHours(1), Next(new("a", Noon), new(true, true, Noon.AddSeconds(1))).DueAt);

    [Fact]
    public void Next_OnTwoReplicasThatStartedApart_IsOneTraining() =>
        Assert.Equal(
            RetrainRule.Next("h", Hourly, new(null, Noon), Noon, null),
            RetrainRule.Next("h", Hourly, new(null, Noon), Noon.AddHours(3), null)
        );

    [Theory]
    [InlineData(35, "35m", "35m")]
    [InlineData(14 * 24 * 60, "12h", "2w")]
    public void Input_FitWindow_IsLearntWholeAndItsNewestPartInFull(int minutes, string window, string coarse)
    {
        var input = RetrainRule.Input("daily", new(TimeSpan.FromHours(24), TimeSpan.FromMinutes(minutes)));
        Assert.Equal(new TrainModelInput(window, "schedule", CoarseWindow: coarse, Scheduler: "daily"), input);
        Assert.Equal(TimeSpan.FromMinutes(minutes), TrainingWindow.ParseCoarse(input.CoarseWindow));
    }

    private static Retraining Next(SchedulerLog log, Attempt? attempt) => RetrainRule.Next("h", Hourly, log, Noon, attempt);
}
