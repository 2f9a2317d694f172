using Dapr.Anomaly.Core.Detection.Lstm;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Platform.State;
using Dapr.Workflow;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Workflows.TrainModel.Activities;

/// <summary>The LSTM of all series. Where it cannot be trained (no complete window yet, a loss that diverges) the model goes on without it, and
/// says so.</summary>
public sealed class TrainLstmActivity(TrainingSetCache sets, ArtifactStore artifacts, StepMeter meter, ILogger<TrainLstmActivity> logger)
    : WorkflowActivity<TrainMemberInput, StepOutcome<TrainedMember>>
{
    public override Task<StepOutcome<TrainedMember>> RunAsync(WorkflowActivityContext context, TrainMemberInput input) =>
        meter.RunAsync(
            MemberName.Lstm,
            async seconds =>
            {
                var cancellationToken = CancellationToken.None;
                var set = await sets.GetAsync(input.Plan, input.Data, cancellationToken);
                var (fitted, failure) = await FitAsync(set, input.Plan, cancellationToken);
                if (fitted is null)
                    return new TrainedMember(MemberName.Lstm, [], [], seconds(), failure);
                Figure[] figures =
                [
                    .. fitted.Epochs.SelectMany(e =>
                        new Figure[] { new("train/lstm_loss", e.TrainingLoss, e.Epoch), new("validation/lstm_loss", e.ValidationLoss, e.Epoch) }
                    ),
                ];
                return new TrainedMember(
                    MemberName.Lstm,
                    await artifacts.SaveFilesAsync(
                        input.Plan,
                        new Dictionary<string, byte[]> { [EnsembleFiles.Lstm] = fitted.File },
                        cancellationToken
                    ),
                    figures,
                    seconds()
                );
            }
        );

    private async Task<(FittedFile? File, string? Failure)> FitAsync(TrainingSet set, TrainingPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            var (file, epochs) = await Task.Run(
                () => EnsembleTraining.FitLstm(set, plan.Ensemble(), new Log(logger), cancellationToken),
                cancellationToken
            );
            return (new(file, epochs), null);
        }
        catch (Exception e) when (e is ArgumentException or LstmDivergedException)
        {
            logger.LogWarning("the model goes without its LSTM: {Message}", e.Message);
            return (null, e.Message);
        }
    }

    private sealed record FittedFile(byte[] File, IReadOnlyList<LstmEpoch> Epochs);

    private sealed class Log(ILogger logger) : IProgress<LstmEpoch>
    {
        public void Report(LstmEpoch value) =>
            logger.LogInformation(
                "lstm epoch {Epoch} of {Epochs}: loss {Loss:0.0000}, validation {Validation:0.0000}",
                value.Epoch,
                value.Epochs,
                value.TrainingLoss,
                value.ValidationLoss
            );
    }
}
