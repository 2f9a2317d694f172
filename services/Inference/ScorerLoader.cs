using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Platform.Registry;
using Prometheus;

namespace Dapr.Anomaly.Inference;

/// <summary>Makes a scorer of a version's files and shows the figures of the version that is served.</summary>
internal sealed class ScorerLoader(InferenceMetrics metrics, TimeProvider time) : ChampionLoader<EnsembleScorer>
{
    public override EnsembleScorer Load(ModelVersion version, IReadOnlyDictionary<string, byte[]> files) =>
        EnsembleScorer.Load(ModelBundle.FromFiles(files).WithVersion(version.Version));

    public override void Serving(ModelVersion version, EnsembleScorer model)
    {
        // Of the served version only: otherwise each version would leave its series behind.
        Forget(metrics.Accuracy);
        Forget(metrics.Loaded);
        foreach (var (name, value) in model.Manifest.Evaluation)
            metrics.Accuracy.WithLabels(name).Set(value);
        metrics.Loaded.WithLabels(version.Version).Set(time.GetUtcNow().ToUnixTimeSeconds());
    }

    private static void Forget(Gauge gauge)
    {
        foreach (var labels in gauge.GetAllLabelValues())
            gauge.RemoveLabelled(labels);
    }
}
