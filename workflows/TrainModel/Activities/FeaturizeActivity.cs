using System.Runtime.InteropServices;
using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Platform.State;
using Dapr.Workflow;

namespace Dapr.Anomaly.Workflows.TrainModel.Activities;

/// <summary>Replays every series through the extractor that serving uses and keeps the rows that the forests learn from, by kind.</summary>
public sealed class FeaturizeActivity(TrainingSetCache sets, ArtifactStore artifacts, StepMeter meter)
    : WorkflowActivity<FeaturizeInput, StepOutcome<FeatureRows>>
{
    public override Task<StepOutcome<FeatureRows>> RunAsync(WorkflowActivityContext context, FeaturizeInput input) =>
        meter.RunAsync(
            "featurize",
            async seconds =>
            {
                var cancellationToken = CancellationToken.None;
                var set = await sets.GetAsync(input.Plan, input.Data, cancellationToken);
                List<KindRows> kinds = [];
                foreach (var (kind, matrix) in EnsembleTraining.ForestRows(set, cancellationToken))
                {
                    var key = $"{input.Plan.InstanceId}/features/{kind.ToString().ToLowerInvariant()}";
                    kinds.Add(
                        new(
                            kind,
                            matrix.Length / FeatureSchema.Current.Count,
                            await artifacts.SaveAsync(key, MemoryMarshal.AsBytes(matrix.AsSpan()).ToArray(), cancellationToken)
                        )
                    );
                }
                return new FeatureRows(kinds, FeatureSchema.Current.Hash, seconds());
            }
        );
}
