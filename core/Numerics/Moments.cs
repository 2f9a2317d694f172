using System.Numerics.Tensors;

namespace Dapr.Anomaly.Core.Numerics;

/// <summary>Mean, standard deviation and extremes of one stretch of values.</summary>
/// <param name="Std">Sample standard deviation (divisor n − 1); 0 for fewer than two values.</param>
public readonly record struct Moments(int Count, double Mean, double Std, double Min, double Max)
{
    /// <summary>Standard error of the mean; 0 for fewer than two values.</summary>
    public double StandardError => Count > 1 ? Std / Math.Sqrt(Count) : 0;

    /// <summary>
    /// Two passes over <paramref name="values"/> (the mean is subtracted before squaring, so that large offsets lose no digits). An empty span gives
    /// zeros.
    /// </summary>
    public static Moments Of(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty)
            return default;
        var mean = TensorPrimitives.Sum(values) / values.Length;
        Span<double> buffer = stackalloc double[64];
        double squares = 0;
        for (var rest = values; rest.Length > 0; rest = rest[Math.Min(rest.Length, 64)..])
        {
            var part = buffer[..Math.Min(rest.Length, 64)];
            TensorPrimitives.Subtract(rest[..part.Length], mean, part);
            squares += TensorPrimitives.SumOfSquares(part);
        }
        var std = values.Length > 1 ? Math.Sqrt(squares / (values.Length - 1)) : 0;
        return new(values.Length, mean, std, TensorPrimitives.Min(values), TensorPrimitives.Max(values));
    }
}
