using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.State;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>Collected frames become the training set; the only place where they are decoded.</summary>
public sealed class TrainingSetLoader(ArtifactStore artifacts)
{
    /// <exception cref="TrainingException">There is nothing to learn from, or too little.</exception>
    /// <exception cref="ArtifactException">A frame is gone from the state store.</exception>
    public async Task<TrainingSet> LoadAsync(TrainingPlan plan, CollectedData data, CancellationToken cancellationToken)
    {
        var tables = new TrainingTables();
        foreach (var reference in data.Frames)
            tables.Add(Decode(reference, await artifacts.LoadAsync(reference.Artifact, cancellationToken)), reference.IsCoarse);
        return tables.ToSet(plan, data.Step, data.Source);
    }

    /// <summary>The one call that knows the form of a frame.</summary>
    private static SampleTable Decode(FrameReference reference, byte[] bytes)
    {
        try
        {
            return SampleTableWire.FromBytes(bytes);
        }
        catch (MessageException e)
        {
            throw new TrainingException($"query {reference.Name}: {e.Message}; the frame was written by another build, start the training again");
        }
    }
}
