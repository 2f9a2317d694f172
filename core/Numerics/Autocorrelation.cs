using System.Numerics.Tensors;

namespace Dapr.Anomaly.Core.Numerics;

/// <summary>The biased sample autocorrelation (divisor n at every lag, as statsmodels' <c>acf</c>).</summary>
public static class Autocorrelation
{
    /// <summary>
    /// Autocorrelation of values whose mean is already subtracted, in [−1, 1]; 0 when they have no variance or fewer than <paramref name="lag"/> + 1
    /// values.
    /// </summary>
    /// <param name="centered">Values minus their mean.</param>
    /// <param name="squares">Sum of squares of <paramref name="centered"/>.</param>
    public static double At(ReadOnlySpan<double> centered, double squares, int lag) =>
        lag >= centered.Length || squares <= 0 ? 0 : TensorPrimitives.Dot(centered[lag..], centered[..^lag]) / squares;
}
