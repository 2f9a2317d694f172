using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Platform.State;
using Dapr.Workflow;

namespace Dapr.Anomaly.Workflows.TrainModel.Activities;

/// <summary>A seasonal model for every series with history enough, and a bank of the windows that the seasons leave.</summary>
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
                var options = input.Plan.Ensemble();
                var seasonal = await Task.Run(() => EnsembleTraining.FitSeasonal(set, options, cancellationToken), cancellationToken);
                if (seasonal is not null)
                    files[EnsembleFiles.Seasonal] = seasonal;
                if (await Task.Run(() => EnsembleTraining.FitBanks(set, seasonal, options, cancellationToken), cancellationToken) is { } banks)
                    files[EnsembleFiles.Bank] = banks;
                return new TrainedMember(
                    MemberName.Seasonal,
                    await artifacts.SaveFilesAsync(input.Plan, files, cancellationToken),
                    [],
                    seconds(),
                    seasonal is null ? "no series has history enough for a season, which takes about a day" : null
                );
            }
        );
}
