using Dapr.Anomaly.Core.Forecasting.Seasonal;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Forecaster;

/// <summary>The seasonal models of a version; a version without that member knows no series, and is served all the same.</summary>
internal sealed class SeasonalForecasts(SeasonalScorer? scorer) : IDisposable
{
    public bool Knows(SeriesId series) => scorer?.Knows(series) ?? false;

    /// <summary>For a series that it knows.</summary>
    public SeasonalScorer Of(SeriesId series) => Knows(series) ? scorer! : throw new KeyNotFoundException($"no seasonal model of {series}");

    public void Dispose() => scorer?.Dispose();
}
