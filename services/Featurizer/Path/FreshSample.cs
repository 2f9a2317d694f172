using Dapr.Anomaly.Featurizer.Windows;

namespace Dapr.Anomaly.Featurizer.Path;

/// <summary>A series whose window has just taken its newest sample.</summary>
/// <param name="Value">The sample at full precision, in the unit of the series.</param>
internal readonly record struct FreshSample(TrackedSeries Series, double Value);
