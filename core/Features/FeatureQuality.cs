using System.Numerics;

namespace Dapr.Anomaly.Core.Features;

/// <summary>Which features of a row are missing and hold their neutral value.</summary>
/// <param name="MissingBits">Bit i is set when feature i is missing.</param>
/// <param name="FeatureCount">Features of the row.</param>
public readonly record struct FeatureQuality(ulong MissingBits, int FeatureCount)
{
    /// <summary>Rows above this share of missing features are not scored: the series is <c>sparse</c> or warming up.</summary>
    public const double SparseAbove = 0.4;

    public int MissingCount => BitOperations.PopCount(MissingBits);

    /// <summary>Share of missing features, 0 to 1.</summary>
    public double MissingFraction => (double)MissingCount / FeatureCount;

    public bool IsSparse => MissingFraction > SparseAbove;

    public bool IsMissing(int feature) => (MissingBits >> feature & 1) != 0;
}
