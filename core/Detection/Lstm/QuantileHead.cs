using System.Numerics;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>
/// Turns the linear head's rows into quantiles that cannot cross. Rows: the median of each horizon, then the Q−1 gaps of each horizon, made positive
/// by softplus; quantiles are the median plus or minus the gaps between.
/// </summary>
internal sealed class QuantileHead
{
    private readonly double[] _levels;
    private readonly int _median;

    /// <param name="levels">Increasing, inside (0, 1), with 0.5 among them.</param>
    /// <param name="horizons">Steps ahead, 1..horizons.</param>
    public QuantileHead(IReadOnlyList<double> levels, int horizons)
    {
        _levels = [.. levels];
        for (var i = 0; i < _levels.Length; i++)
            if (!(_levels[i] > (i == 0 ? 0 : _levels[i - 1]) && _levels[i] < 1))
                throw new ArgumentException($"quantile levels must increase inside (0, 1); seen {string.Join(", ", _levels)}", nameof(levels));
        _median = Array.IndexOf(_levels, 0.5);
        if (_median <= 0 || _median == _levels.Length - 1)
            throw new ArgumentException($"quantile levels need 0.5 and at least one on each side; seen {string.Join(", ", _levels)}", nameof(levels));
        Horizons = horizons;
    }

    public int Horizons { get; }

    public ReadOnlySpan<double> Levels => _levels;

    /// <summary>Rows of the linear head and of the quantiles, [horizon][level].</summary>
    public int Rows => Horizons * _levels.Length;

    private int Gaps => _levels.Length - 1;

    /// <summary>Matrix [Q−1, Q] that takes gaps to distances from the median.</summary>
    public float[] GapMatrix()
    {
        var matrix = new float[Gaps * _levels.Length];
        for (var gap = 0; gap < Gaps; gap++)
        for (var level = 0; level < _levels.Length; level++)
            matrix[gap * _levels.Length + level] = gap < _median ? (level <= gap ? -1 : 0) : (level > gap ? 1 : 0);
        return matrix;
    }

    /// <summary>Quantiles [rows][columns] from the head's rows [rows][columns], for the first <paramref name="used"/> columns.</summary>
    public void Quantiles<T>(ReadOnlySpan<T> raw, Span<T> quantiles, int columns, int used)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var h = 0; h < Horizons; h++)
        {
            var first = h * _levels.Length;
            var firstGap = Horizons + h * Gaps;
            for (var b = 0; b < used; b++)
            {
                var median = raw[h * columns + b];
                quantiles[(first + _median) * columns + b] = median;
                var value = median;
                for (var level = _median - 1; level >= 0; level--)
                    quantiles[(first + level) * columns + b] = value -= Softplus(raw[(firstGap + level) * columns + b]);
                value = median;
                for (var level = _median + 1; level < _levels.Length; level++)
                    quantiles[(first + level) * columns + b] = value += Softplus(raw[(firstGap + level - 1) * columns + b]);
            }
        }
    }

    /// <summary>
    /// Pinball loss of the quantiles, summed over levels, averaged over horizons and the first <paramref name="used"/> columns;
    /// dL/draw goes to <paramref name="rawGradient"/> (zero in unused columns).
    /// </summary>
    public T Loss<T>(ReadOnlySpan<T> raw, ReadOnlySpan<T> quantiles, ReadOnlySpan<T> targets, Span<T> rawGradient, int columns, int used)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        rawGradient.Clear();
        var loss = T.Zero;
        var share = T.One / T.CreateChecked(used * Horizons);
        for (var h = 0; h < Horizons; h++)
        {
            var first = h * _levels.Length;
            var firstGap = Horizons + h * Gaps;
            for (var b = 0; b < used; b++)
            {
                var target = targets[h * columns + b];
                T below = T.Zero,
                    total = T.Zero;
                for (var level = 0; level < _levels.Length; level++)
                {
                    var (rho, slope) = Pinball.At(T.CreateChecked(_levels[level]), target, quantiles[(first + level) * columns + b]);
                    loss += rho;
                    total += slope;
                    // A lower gap moves every quantile at or below it, an upper gap every quantile above it.
                    if (level < _median)
                        AddGap(rawGradient, raw, firstGap + level, -(below += slope));
                    else if (level > _median)
                        rawGradient[(firstGap + level - 1) * columns + b] = slope;
                }
                rawGradient[h * columns + b] = total * share;
                var above = T.Zero;
                for (var level = _levels.Length - 1; level > _median; level--)
                {
                    above += rawGradient[(firstGap + level - 1) * columns + b];
                    AddGap(rawGradient, raw, firstGap + level - 1, above);
                }

                void AddGap(Span<T> gradient, ReadOnlySpan<T> raw, int row, T gapSlope) =>
                    gradient[row * columns + b] = gapSlope * Sigmoid(raw[row * columns + b]) * share;
            }
        }
        return loss * share;
    }

    private static T Softplus<T>(T x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => T.Max(x, T.Zero) + T.LogP1(T.Exp(-T.Abs(x)));

    private static T Sigmoid<T>(T x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => T.One / (T.One + T.Exp(-x));
}
