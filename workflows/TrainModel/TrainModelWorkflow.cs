using Dapr.Anomaly.Workflows.TrainModel.Activities;
using Dapr.Workflow;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>
/// collect → featurize → train (forest ∥ lstm ∥ seasonal) → evaluate → register → deploy. It only decides; activities do, and may run twice.
/// Large results travel as references to artifacts in the state store, so the history stays small. A changed order of steps is a new version of
/// this workflow.
/// </summary>
public sealed class TrainModelWorkflow : Workflow<TrainModelInput?, TrainModelResult>
{
    public const string Name = "TrainModel";

    /// <summary>For faults: every step talks to the state store or to another system. What cannot succeed later is no fault, see
    /// <see cref="StepOutcome{T}"/>.</summary>
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
        var plan = input.Plan(context.InstanceId, new DateTimeOffset(context.CurrentUtcDateTime, TimeSpan.Zero));
        var progress = TrainingProgress.NotStarted;

        Report(progress = progress.Running("collect"));
        var data = (await Step<CollectedData>(nameof(CollectActivity), plan)).OrRefuse();

        Report(progress = progress.Done("collect", data.Seconds, Collected(data)).Running("featurize"));
        var features = (await Step<FeatureRows>(nameof(FeaturizeActivity), new FeaturizeInput(plan, data))).OrRefuse();

        Report(progress = progress.Done("featurize", features.Seconds).Running("forest").Running("lstm").Running("seasonal"));
        var forest = Step<TrainedMember>(nameof(TrainForestActivity), new TrainForestInput(plan, features));
        var lstm = Step<TrainedMember>(nameof(TrainLstmActivity), new TrainMemberInput(plan, data));
        var seasonal = Step<TrainedMember>(nameof(TrainSeasonalActivity), new TrainMemberInput(plan, data));
        List<Task<StepOutcome<TrainedMember>>> running = [forest, lstm, seasonal];
        while (running.Count > 0)
        {
            var finished = await Task.WhenAny(running);
            running.Remove(finished);
            var member = (await finished).OrRefuse();
            Report(progress = progress.Done(member.Member, member.Seconds, member.Note));
        }
        TrainedMember[] members = [forest.Result.OrRefuse(), lstm.Result.OrRefuse(), seasonal.Result.OrRefuse()];

        Report(progress = progress.Running("evaluate"));
        var evaluated = (await Step<EvaluatedModel>(nameof(EvaluateActivity), new EvaluateInput(plan, data, features, members))).OrRefuse();

        Report(progress = progress.Done("evaluate", evaluated.Seconds, evaluated.Summary).Running("register"));
        var registered = (await Step<RegisteredModel>(nameof(RegisterActivity), new RegisterInput(plan, data, members, evaluated))).OrRefuse();

        Report(progress = progress.Done("register", registered.Seconds, $"v{registered.Version}").Running("deploy"));
        var deployed = (await Step<DeployedModel>(nameof(DeployActivity), new DeployInput(plan, registered))).OrRefuse();

        Report(progress.Done("deploy", deployed.Seconds, deployed.Alias));
        return new(registered.Model, registered.Version, data.SeriesCount, evaluated.Figures, TrainingNotes.Of(data, members));

        void Report(TrainingProgress status) => context.SetCustomStatus(status);

        Task<StepOutcome<T>> Step<T>(string activity, object of)
            where T : class => context.CallActivityAsync<StepOutcome<T>>(activity, of, Retried);
    }

    private static string Collected(CollectedData data) => $"{data.SeriesCount} series{(data.Notes.Count > 0 ? $", {data.Notes.Count} notes" : "")}";
}
