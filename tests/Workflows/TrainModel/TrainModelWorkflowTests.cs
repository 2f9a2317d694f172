using Dapr.Anomaly.Workflows.Tests.Support;
using Dapr.Anomaly.Workflows.TrainModel;
using Dapr.Anomaly.Workflows.TrainModel.Activities;

namespace Dapr.Anomaly.Workflows.Tests.TrainModel;

/// <summary>What the workflow decides, with activities that answer as a test says.</summary>
public sealed class TrainModelWorkflowTests
{
    private static readonly string[] Order =
    [
        nameof(CollectActivity),
        nameof(FeaturizeActivity),
        nameof(TrainForestActivity),
        nameof(TrainLstmActivity),
        nameof(TrainSeasonalActivity),
        nameof(EvaluateActivity),
        nameof(RegisterActivity),
        nameof(DeployActivity),
    ];

    [Fact]
    public async Task Run_EveryStepSucceeds_GivesTheVersionAndWhatIsToBeKnown()
    {
        var context = new FakeWorkflowContext(Succeed);

        var result = await new TrainModelWorkflow().RunAsync(context, null);

        Assert.Equal(Order, context.Calls.Select(c => c.Activity));
        Assert.Equal(("anomaly-detector", "3", 4), (result.Model, result.Version, result.SeriesCount));
        Assert.Equal(["query disk: no series", "lstm: no window is complete"], result.Notes);
        var last = Assert.IsType<TrainingProgress>(context.Statuses[^1]);
        Assert.Equal(100, last.Percent);
        Assert.Equal("no window is complete", last.Steps.Single(s => s.Name == "lstm").Result);
        Assert.Equal("4 series, 1 notes", last.Steps[0].Result);
    }

    [Fact]
    public async Task Run_EveryStep_IsRetriedWhenItFaults()
    {
        var context = new FakeWorkflowContext(Succeed);
        await new TrainModelWorkflow().RunAsync(context, null);
        Assert.All(context.Calls, c => Assert.Equal(5, c.Options?.RetryPolicy?.MaxNumberOfAttempts));
    }

    [Theory]
    [InlineData(nameof(CollectActivity), 1)]
    [InlineData(nameof(FeaturizeActivity), 2)]
    [InlineData(nameof(TrainLstmActivity), 5)]
    [InlineData(nameof(EvaluateActivity), 6)]
    [InlineData(nameof(RegisterActivity), 7)]
    [InlineData(nameof(DeployActivity), 8)]
    public async Task Run_StepRefuses_EndsAtOnceWithItsReason(string refusing, int calls)
    {
        var context = new FakeWorkflowContext(
            (name, input) => name == refusing ? Refuse(name, "there is nothing to learn from") : Succeed(name, input)
        );

        var e = await Assert.ThrowsAsync<TrainingException>(() => new TrainModelWorkflow().RunAsync(context, null));

        Assert.Equal("there is nothing to learn from", e.Message);
        Assert.Equal(calls, context.Calls.Count);
    }

    [Fact]
    public async Task Run_ResultOfABuildThatAnsweredOtherwise_SaysToStartAgain()
    {
        var context = new FakeWorkflowContext((_, _) => new StepOutcome<CollectedData>(null, null));
        var e = await Assert.ThrowsAsync<TrainingException>(() => new TrainModelWorkflow().RunAsync(context, null));
        Assert.Equal("the result of a step (CollectedData) was written by another build; start the training again", e.Message);
    }

    [Fact]
    public async Task Run_NoInput_LearnsTwelveHoursAndTheCoarseViewOfAFortnight()
    {
        var plan = await PlanOfAsync(null);
        Assert.Equal((TimeSpan.FromHours(12), TimeSpan.FromDays(14)), (plan.Window, plan.CoarseWindow));
        Assert.Equal(("manual", 7ul, null, "train-1"), (plan.Trigger, plan.Seed, plan.Scheduler, plan.InstanceId));
        Assert.Equal(new DateTimeOffset(FakeWorkflowContext.Now), plan.To);
        Assert.Equal(plan.To.AddDays(-14), plan.CoarseFrom);
    }

    [Fact]
    public async Task Run_ScheduledInput_PlansBothViews()
    {
        var plan = await PlanOfAsync(new("35m", "schedule", CoarseWindow: "2d", Scheduler: "daily"));
        Assert.Equal((TimeSpan.FromMinutes(35), TimeSpan.FromDays(2), "daily"), (plan.Window, plan.CoarseWindow, plan.Scheduler));
    }

    [Fact]
    public async Task Run_WindowLongerThanTheCoarseOne_LearnsTheCoarseViewAsFar() =>
        Assert.Equal(TimeSpan.FromDays(3), (await PlanOfAsync(new("3d", CoarseWindow: "1d"))).CoarseWindow);

    [Theory]
    [InlineData("often", "14d", "window: \"often\" is not a duration; write 45m, 12h or 2d")]
    [InlineData(null, "14d", "window: \"\" is not a duration; write 45m, 12h or 2d")]
    [InlineData("10m", "14d", "window: 10m is outside 30m to 14d")]
    [InlineData("12h", "5w", "coarseWindow: 5w is outside 30m to 28d")]
    public async Task Run_WindowThatIsNone_IsRefusedBeforeAnythingIsAsked(string? window, string coarse, string expected)
    {
        var context = new FakeWorkflowContext(Succeed);
        var e = await Assert.ThrowsAsync<TrainingException>(() => new TrainModelWorkflow().RunAsync(context, new(window, CoarseWindow: coarse)));
        Assert.Equal(expected, e.Message);
        Assert.Empty(context.Calls);
    }

    private static async Task<TrainingPlan> PlanOfAsync(TrainModelInput? input)
    {
        var context = new FakeWorkflowContext(Succeed);
        await new TrainModelWorkflow().RunAsync(context, input);
        return Assert.IsType<TrainingPlan>(context.Calls[0].Input);
    }

    private static object Succeed(string activity, object? input) =>
        activity switch
        {
            nameof(CollectActivity) => Done(new CollectedData("http://p", TimeSpan.FromSeconds(15), [], 4, 9, ["query disk: no series"], "d", 1)),
            nameof(FeaturizeActivity) => Done(new FeatureRows([], "schema", 1)),
            nameof(TrainForestActivity) => Done(new TrainedMember("forest", [], [], 1)),
            nameof(TrainLstmActivity) => Done(new TrainedMember("lstm", [], [], 1, "no window is complete")),
            nameof(TrainSeasonalActivity) => Done(new TrainedMember("seasonal", [], [], 1)),
            nameof(EvaluateActivity) => Done(new EvaluatedModel([], [new("eval/detection_rate", 1)], "finds all", 1)),
            nameof(RegisterActivity) => Done(new RegisteredModel("anomaly-detector", "3", "run", "sha", 1)),
            nameof(DeployActivity) => Done(new DeployedModel("3", "champion", 1)),
            _ => throw new ArgumentOutOfRangeException(nameof(activity), activity, null),
        };

    private static object Refuse(string activity, string reason) =>
        activity switch
        {
            nameof(CollectActivity) => new StepOutcome<CollectedData>(null, reason),
            nameof(FeaturizeActivity) => new StepOutcome<FeatureRows>(null, reason),
            nameof(EvaluateActivity) => new StepOutcome<EvaluatedModel>(null, reason),
            nameof(RegisterActivity) => new StepOutcome<RegisteredModel>(null, reason),
            nameof(DeployActivity) => new StepOutcome<DeployedModel>(null, reason),
            _ => new StepOutcome<TrainedMember>(null, reason),
        };

    private static StepOutcome<T> Done<T>(T result)
        where T : class => new(result, null);
}
