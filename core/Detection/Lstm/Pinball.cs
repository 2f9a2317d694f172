using System.Numerics;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>The quantile loss ρ_τ(e) = max(τe, (τ−1)e), e = y − q (Koenker and Bassett 1978).</summary>
internal static class Pinball
{
    /// <summary>The loss and its slope in the quantile; the slope is 0 at the kink.</summary>
    public static (T Loss, T Slope) At<T>(T level, T target, T quantile)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var error = target - quantile;
        if (error > T.Zero)
            return (level * error, -level);
        // Written so that a NaN stays a NaN in the loss.
        return ((level - T.One) * error, error < T.Zero ? T.One - level : T.Zero);
    }
}
