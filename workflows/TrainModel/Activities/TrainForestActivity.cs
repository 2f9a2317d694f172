using System.Runtime.InteropServices;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.State;
using Dapr.Workflow;

namespace Dapr.Anomaly.Workflows.TrainModel.Activities;

/// <summary>One isolation forest for each kind of signal.</summary>
public sealed class TrainForestActivity(ArtifactStore artifacts, StepMeter meter) : WorkflowActivity<TrainForestInput, StepOutcome<TrainedMember>>
{
    public override Task<StepOutcome<TrainedMember>> RunAsync(WorkflowActivityContext context, TrainForestInput input) =>
        meter.RunAsync(
            MemberName.Forest,
            async seconds =>
            {
                var cancellationToken = CancellationToken.None;
                if (input.Features.SchemaHash != FeatureSchema.Current.Hash)
                    throw new TrainingException(
                        $"the features were extracted by another build "
                            + $"(schema {input.Features.SchemaHash[..8]}…, this is {FeatureSchema.Current.Hash[..8]}…); start the training again"
                    );
                SortedDictionary<SignalKind, float[]> rows = [];
                foreach (var kind in input.Features.Kinds)
                    rows[kind.Kind] = MemoryMarshal.Cast<byte, float>(await artifacts.LoadAsync(kind.Rows, cancellationToken)).ToArray();
                var files = EnsembleTraining.FitForests(rows, input.Plan.Ensemble(), cancellationToken);
                return new TrainedMember(
                    MemberName.Forest,
                    await artifacts.SaveFilesAsync(input.Plan, files, cancellationToken),
                    [new("forest/rows", input.Features.Kinds.Sum(k => k.Count)), new("forest/kinds", files.Count)],
                    seconds(),
                    files.Count == 0 ? "the history is too short for rows to learn from" : null
                );
            }
        );
}
