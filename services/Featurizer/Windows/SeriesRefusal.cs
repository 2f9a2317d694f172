namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>Why samples did not reach a window; the names are values of a metric's label.</summary>
internal enum SeriesRefusal
{
    /// <summary>They did.</summary>
    None = 0,

    /// <summary>More than two steps ahead of this clock.</summary>
    Future = 1,

    /// <summary>Infinite, or so large that no measurement is.</summary>
    Number = 2,

    /// <summary>A new series with too many labels, or too long ones.</summary>
    Labels = 3,

    /// <summary>A new series of a shard that is full, and none of its series has ended.</summary>
    Limit = 4,

    /// <summary>Another series with the same id is known.</summary>
    Identity = 5,
}
