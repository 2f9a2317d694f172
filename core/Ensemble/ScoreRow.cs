using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>One sample to score, with what the members look at.</summary>
/// <param name="Id">The series.</param>
/// <param name="Kind">What it measures.</param>
/// <param name="Timestamp">Time of the sample.</param>
/// <param name="Value">The sample, in the unit of the series; not finite when there is none.</param>
/// <param name="Features">Features of the window that ends with the sample, in the order of the feature schema.</param>
/// <param name="MissingFraction">Share of features without enough samples, 0 to 1.</param>
/// <param name="Recent">The 60 values before the sample, oldest first, in the unit of the series; NaN where one is missing, empty where the window is
/// too short.</param>
public readonly record struct ScoreRow(
    SeriesId Id,
    SignalKind Kind,
    DateTimeOffset Timestamp,
    double Value,
    ReadOnlyMemory<float> Features,
    float MissingFraction,
    ReadOnlyMemory<float> Recent
)
{
    /// <summary>Values before the sample that the LSTM looks at, in training and in serving.</summary>
    public const int RecentSteps = 60;
}
