namespace Dapr.Anomaly.Core.Numerics;

/// <summary>
/// Exponentially weighted mean and variance with time gaps. Weights decay by 2^(−elapsed/half-life); the sums are normalised by the weight
/// seen so far, so the start-up is unbiased (pandas' <c>adjust=True</c>) instead of leaning on the first value.
/// </summary>
public struct ExponentialMoments
{
    /// <summary>Weighted mean, in the unit of the values.</summary>
    public double Mean { get; private set; }

    /// <summary>Weighted variance (biased), in the squared unit.</summary>
    public double Variance { get; private set; }

    /// <summary>
    /// Weight of what was seen, in [0, 1]: the share of the samples that a series without gaps and without a beginning would have given.
    /// </summary>
    public double Mass { get; private set; }

    public readonly double Std => Math.Sqrt(Variance);

    /// <summary>Takes one value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="decay">2^(−elapsed/half-life) since the last value.</param>
    /// <param name="stepDecay">2^(−step/half-life): what one regular step would have decayed.</param>
    public void Add(double value, double decay, double stepDecay)
    {
        Mass = decay * Mass + (1 - stepDecay);
        Blend(value, (1 - stepDecay) / Mass);
    }

    /// <summary>The plain recursion d = x − μ; μ += a·d; v = (1 − a)(v + a·d²).</summary>
    public void Blend(double value, double weight)
    {
        var d = value - Mean;
        Mean += weight * d;
        Variance = (1 - weight) * (Variance + weight * d * d);
    }

    /// <summary>Joins what another stretch of the same series gave, its weight decayed by <paramref name="decay"/> to the time of this one.</summary>
    public void Merge(in ExponentialMoments other, double decay)
    {
        var mass = Mass + other.Mass * decay;
        if (mass <= 0)
            return;
        var share = other.Mass * decay / mass;
        var d = other.Mean - Mean;
        Variance = (1 - share) * Variance + share * other.Variance + share * (1 - share) * d * d;
        Mean += share * d;
        Mass = mass;
    }

    internal static ExponentialMoments Restore(double mean, double variance, double mass) =>
        new()
        {
            Mean = mean,
            Variance = variance,
            Mass = mass,
        };
}
