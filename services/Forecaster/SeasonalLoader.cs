using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Models;
using Dapr.Anomaly.Platform.Registry;

namespace Dapr.Anomaly.Forecaster;

/// <summary>Makes the seasonal models of a version's files.</summary>
internal sealed class SeasonalLoader : ChampionLoader<SeasonalForecasts>
{
    public override SeasonalForecasts Load(ModelVersion version, IReadOnlyDictionary<string, byte[]> files) =>
        new(ModelBundle.FromFiles(files).WithVersion(version.Version).Find(EnsembleFiles.Seasonal) is { } content ? new(content) : null);
}
