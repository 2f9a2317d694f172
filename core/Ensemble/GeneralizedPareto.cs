namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>
/// Generalised Pareto distribution of excesses over a threshold: shape ξ (heavier tail when larger, bounded when negative) and scale σ in the unit of
/// the score.
/// </summary>
public readonly record struct GeneralizedPareto(double Shape, double Scale)
{
    /// <summary>Below this the exponential limit is the same to rounding.</summary>
    private const double ExponentialShape = 1e-9;

    /// <summary>Probability that an excess is larger than <paramref name="excess"/> (≥ 0); 0 beyond the end point of a bounded tail.</summary>
    public double Survival(double excess)
    {
        if (Math.Abs(Shape) < ExponentialShape)
            return Math.Exp(-excess / Scale);
        var inner = 1 + Shape * excess / Scale;
        return inner <= 0 ? 0 : Math.Exp(-Math.Log(inner) / Shape);
    }

    /// <summary>The excess that is exceeded with the given probability, in (0, 1].</summary>
    public double Quantile(double survival) =>
        Math.Abs(Shape) < ExponentialShape ? -Scale * Math.Log(survival) : Scale / Shape * (Math.Exp(-Shape * Math.Log(survival)) - 1);

    public double LogLikelihood(ReadOnlySpan<double> excesses)
    {
        var sum = 0.0;
        if (Math.Abs(Shape) < ExponentialShape)
        {
            foreach (var y in excesses)
                sum += y;
            return -excesses.Length * Math.Log(Scale) - sum / Scale;
        }
        foreach (var y in excesses)
        {
            var inner = 1 + Shape * y / Scale;
            if (inner <= 0)
                return double.NegativeInfinity;
            sum += Math.Log(inner);
        }
        return -excesses.Length * Math.Log(Scale) - (1 + 1 / Shape) * sum;
    }
}
