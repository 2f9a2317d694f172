namespace Dapr.Anomaly.Core.Evaluation;

/// <summary>What the Numenta Anomaly Benchmark pays for a window found, and takes for a false row and for a window missed.</summary>
/// <param name="Found">Most that a window gives, for its first row.</param>
/// <param name="False">What a row far from any window costs.</param>
/// <param name="Missed">What a window without an active row costs.</param>
public sealed record NabProfile(string Name, double Found, double False, double Missed)
{
    public static readonly NabProfile Standard = new("standard", 1, 0.11, 1);
    public static readonly NabProfile LowFalsePositives = new("reward_low_FP_rate", 1, 0.22, 1);
    public static readonly NabProfile LowFalseNegatives = new("reward_low_FN_rate", 1, 0.11, 2);
}
