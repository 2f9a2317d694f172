using Dapr.Anomaly.Workflows.TrainModel.Activities;
using Dapr.Workflow;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>
/// collect → featurize → train (forest ∥ lstm ∥ seasonal) → evaluate → register → deploy. It only decides; activities do, and may run twice.
/// Large results travel as references to artifacts in the state store, so the history stays small. A changed order of steps is a new version of this workflow.
/// </summary>
public sealed class TrainModelWorkflow : Workflow<TrainModelInput?, TrainModelResult>
{
    public const string Name = "TrainModel";

    /// <summary>For steps that talk to other systems. What cannot succeed later fails at once in the activity.</summary>
    private static readonly WorkflowTaskOptions Retried = new(
        new WorkflowRetryPolicy(
            maxNumberOfAttempts: 5,
            firstRetryInterval: TimeSpan.FromSeconds(2),
            backoffCoefficient: 2,
            maxRetryInterval: TimeSpan.FromMinutes(1)
        )
    );

    public override async Task<TrainModelResult> RunAsync(WorkflowContext context, TrainModelInput? input)
    {
        input ??= new TrainModelInput();
        var plan = new TrainingPlan(
            context.InstanceId,
            new DateTimeOffset(context.CurrentUtcDateTime, TimeSpan.Zero),
            TrainingWindow.Parse(input.Window),
            input.Trigger,
            input.Seed
        );
        var progress = TrainingProgress.NotStarted;

        Report(progress = progress.Running("collect"));
        var data = await context.CallActivityAsync<CollectedData>(nameof(CollectActivity), plan, Retried);

        Report(progress = progress.Done("collect", data.Seconds, $"{data.SeriesCount} series").Running("featurize"));
        var features = await context.CallActivityAsync<FeatureRows>(nameof(FeaturizeActivity), new FeaturizeInput(plan, data));

        Report(progress = progress.Done("featurize", features.Seconds).Running("forest").Running("lstm").Running("seasonal"));
        var forest = context.CallActivityAsync<TrainedMember>(nameof(TrainForestActivity), new TrainForestInput(plan, features));
        var lstm = context.CallActivityAsync<TrainedMember>(nameof(TrainLstmActivity), new TrainMemberInput(plan, data));
        var seasonal = context.CallActivityAsync<TrainedMember>(nameof(TrainSeasonalActivity), new TrainMemberInput(plan, data));
        List<Task<TrainedMember>> running = [forest, lstm, seasonal];
        while (running.Count > 0)
        {
            var finished = await Task.WhenAny(running);
            running.Remove(finished);
            var member = await finished;
            Report(progress = progress.Done(member.Member, member.Seconds));
        }
        TrainedMember[] members = [forest.Result, lstm.Result, seasonal.Result];

        Report(progress = progress.Running("evaluate"));
        var evaluated = await context.CallActivityAsync<EvaluatedModel>(nameof(EvaluateActivity), new EvaluateInput(plan, data, features, members));

        Report(progress = progress.Done("evaluate", evaluated.Seconds, evaluated.Summary).Running("register"));
        var registered = await context.CallActivityAsync<RegisteredModel>(
            nameof(RegisterActivity),
            new RegisterInput(plan, data, members, evaluated),
            Retried
        );

        Report(progress = progress.Done("register", registered.Seconds, $"v{registered.Version}").Running("deploy"));
        var deployed = await context.CallActivityAsync<DeployedModel>(nameof(DeployActivity), registered, Retried);

        Report(progress.Done("deploy", deployed.Seconds, deployed.Alias));
        return new(registered.Model, registered.Version, data.SeriesCount, evaluated.Figures);

        void Report(TrainingProgress status) => context.SetCustomStatus(status);
    }
}
