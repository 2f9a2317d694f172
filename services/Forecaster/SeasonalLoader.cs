using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Forecasting.Seasonal;
using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Platform.Registry;

namespace Dapr.Anomaly.Forecaster;

/// <summary>Makes the seasonal models of a version's files.</summary>
internal sealed class SeasonalLoader : ChampionLoader<SeasonalScorer>
{
    public override SeasonalScorer Load(ModelVersion version, IReadOnlyDictionary<string, byte[]> files) =>
        new(ModelBundle.FromFiles(files).WithVersion(version.Version)[EnsembleFiles.Seasonal]);
}
