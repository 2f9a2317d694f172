using System.Numerics;
using System.Numerics.Tensors;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>
/// Adam (Kingma and Ba 2015) with β = (0.9, 0.999), ε = 1e-8, on a flat parameter vector, after scaling the gradient down to a greatest Euclidean
/// norm.
/// </summary>
internal sealed class Adam<T>(int parameters, double clipNorm)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const double Beta1 = 0.9,
        Beta2 = 0.999,
        Epsilon = 1e-8;

    private readonly T[] _mean = new T[parameters];
    private readonly T[] _square = new T[parameters];
    private int _steps;

    /// <summary>Moves <paramref name="weights"/> by one step; returns the norm of the gradient before clipping.</summary>
    public double Step(Span<T> weights, Span<T> gradient, double learningRate)
    {
        var norm = double.CreateChecked(TensorPrimitives.Norm<T>(gradient));
        if (norm > clipNorm)
            TensorPrimitives.Multiply<T>(gradient, T.CreateChecked(clipNorm / (norm + 1e-6)), gradient);
        _steps++;
        T beta1 = T.CreateChecked(Beta1),
            rest1 = T.CreateChecked(1 - Beta1),
            beta2 = T.CreateChecked(Beta2),
            rest2 = T.CreateChecked(1 - Beta2);
        var rate = T.CreateChecked(learningRate / (1 - Math.Pow(Beta1, _steps)));
        var unbias = T.CreateChecked(1 / (1 - Math.Pow(Beta2, _steps)));
        var epsilon = T.CreateChecked(Epsilon);
        for (var i = 0; i < weights.Length; i++)
        {
            var g = gradient[i];
            _mean[i] = beta1 * _mean[i] + rest1 * g;
            _square[i] = beta2 * _square[i] + rest2 * g * g;
            weights[i] -= rate * _mean[i] / (T.Sqrt(_square[i] * unbias) + epsilon);
        }
        return norm;
    }

    /// <summary>Forgets the moments, after the weights were set back.</summary>
    public void Reset()
    {
        _mean.AsSpan().Clear();
        _square.AsSpan().Clear();
        _steps = 0;
    }
}
