namespace Dapr.Anomaly.Core.Series;

/// <summary>One observation of a series: an instant and a finite value in the unit of the series.</summary>
public readonly record struct Sample(DateTimeOffset Timestamp, double Value)
{
    /// <summary>No measurement is larger; beyond it, sums and squares in float32 would end in infinity.</summary>
    public const double MaxMagnitude = 1e30;

    /// <summary>Whether a number can be the value of a sample: finite, and not so large that arithmetic with it ends in infinity.</summary>
    public static bool IsValue(double value) => Math.Abs(value) <= MaxMagnitude;
}
