using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Platform.State;
using Dapr.Workflow;

namespace Dapr.Anomaly.Workflows.TrainModel.Activities;

/// <summary>A seasonal model for every series with history enough, in one bank.</summary>
public sealed class TrainSeasonalActivity(TrainingSetCache sets, ArtifactStore artifacts, StepMeter meter)
    : WorkflowActivity<TrainMemberInput, StepOutcome<TrainedMember>>
{
    public override Task<StepOutcome<TrainedMember>> RunAsync(WorkflowActivityContext context, TrainMemberInput input) =>
        meter.RunAsync(
            MemberName.Seasonal,
            async seconds =>
            {
                var cancellationToken = CancellationToken.None;
                var set = await sets.GetAsync(input.Plan, input.Data, cancellationToken);
                Dictionary<string, byte[]> files = [];
                if (await Task.Run(() => EnsembleTraining.FitSeasonal(set, input.Plan.Ensemble(), cancellationToken), cancellationToken) is { } bank)
                    files[EnsembleFiles.Seasonal] = bank;
                return new TrainedMember(
                    MemberName.Seasonal,
                    await artifacts.SaveFilesAsync(input.Plan, files, cancellationToken),
                    [],
                    seconds(),
                    files.Count == 0 ? "no series has history enough for a season, which takes about a day" : null
                );
            }
        );
}
