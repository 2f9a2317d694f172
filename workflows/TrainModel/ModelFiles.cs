using Dapr.Anomaly.Core.Ensemble.Training;
using Dapr.Anomaly.Platform.Registry;
using Dapr.Anomaly.Platform.State;

namespace Dapr.Anomaly.Workflows.TrainModel;

internal static class ModelFiles
{
    /// <summary>Keeps files of the model under the instance's key.</summary>
    public static async Task<IReadOnlyList<FileReference>> SaveFilesAsync(
        this ArtifactStore artifacts,
        TrainingPlan plan,
        IReadOnlyDictionary<string, byte[]> files,
        CancellationToken cancellationToken
    )
    {
        List<FileReference> saved = [];
        foreach (var (path, content) in files)
            saved.Add(new(path, await artifacts.SaveAsync($"{plan.InstanceId}/model/{path}", content, cancellationToken)));
        return saved;
    }

    /// <summary>The numerics' view of a plan.</summary>
    public static EnsembleOptions Ensemble(this TrainingPlan plan) => new() { Seed = plan.Seed, ModelName = ModelAliases.Model };
}
