namespace Dapr.Anomaly.Core.Windows;

/// <summary>What a window did with a sample.</summary>
public enum AppendResult
{
    /// <summary>Taken as the newest value; steps between it and the one before are marked missing.</summary>
    Appended = 0,

    /// <summary>A value of this step is already there (redelivery, or samples closer than half a step): nothing changed.</summary>
    Duplicate = 1,

    /// <summary>Older than the newest value, and its step has none or is forgotten: nothing changed. Back-fill rebuilds the window instead.</summary>
    Late = 2,

    /// <summary>NaN, infinite or beyond <see cref="Series.Sample.MaxMagnitude"/>: nothing changed; the step will count as missing.</summary>
    NotFinite = 3,

    /// <summary>Taken, but the gap before it was longer than the window, which starts again (<c>warming_up</c>). Coarse history is kept.</summary>
    GapReset = 4,
}
