using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Platform.Registry;
using Prometheus;

namespace Dapr.Anomaly.Inference;

/// <summary>Makes a scorer of a version's files and shows the version's figures.</summary>
internal sealed class ScorerLoader(InferenceMetrics metrics, TimeProvider time)
{
    /// <exception cref="InvalidDataException">The files do not fit each other or this build.</exception>
    public EnsembleScorer Load(ModelVersion version, IReadOnlyDictionary<string, byte[]> files)
    {
        var bundle = ModelBundle.FromFiles(files).WithVersion(version.Version);
        var scorer = EnsembleScorer.Load(bundle);
        // Of the served version only: otherwise each version would leave its series behind.
        Forget(metrics.Accuracy);
        Forget(metrics.Loaded);
        foreach (var (name, value) in bundle.Manifest.Evaluation)
            metrics.Accuracy.WithLabels(name).Set(value);
        metrics.Loaded.WithLabels(version.Version).Set(time.GetUtcNow().ToUnixTimeSeconds());
        return scorer;
    }

    private static void Forget(Gauge gauge)
    {
        foreach (var labels in gauge.GetAllLabelValues())
            gauge.RemoveLabelled(labels);
    }
}
