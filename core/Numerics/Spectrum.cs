namespace Dapr.Anomaly.Core.Numerics;

/// <summary>
/// Power spectrum of a stretch of values: linear trend removed, periodic Hann window, zero-padded to <see cref="Length"/>, radix-2 transform.
/// Allocates nothing.
/// </summary>
/// <remarks>Cooley and Tukey 1965. Written here because MathNet's transform allocates on each call.</remarks>
public static class Spectrum
{
    /// <summary>Points of the transform.</summary>
    public const int Length = 256;

    /// <summary>Bins 0 to 128; bin k is a period of 256 / k steps.</summary>
    public const int Bins = Length / 2 + 1;

    private static readonly double[] Cosines = [.. Enumerable.Range(0, Length / 2).Select(k => Math.Cos(2 * Math.PI * k / Length))];
    private static readonly double[] Sines = [.. Enumerable.Range(0, Length / 2).Select(k => -Math.Sin(2 * Math.PI * k / Length))];

    /// <summary>Squared magnitude of each bin.</summary>
    /// <param name="values">2 to 256 values, oldest first.</param>
    /// <param name="power">Receives <see cref="Bins"/> values.</param>
    public static void Power(ReadOnlySpan<double> values, Span<double> power)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(values.Length, Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Length, 2);
        Span<double> re = stackalloc double[Length];
        Span<double> im = stackalloc double[Length];
        re.Clear();
        im.Clear();
        Taper(values, re);
        Transform(re, im);
        for (var k = 0; k < Bins; k++)
            power[k] = re[k] * re[k] + im[k] * im[k];
    }

    /// <summary>In-place forward transform of 256 complex values.</summary>
    internal static void Transform(Span<double> re, Span<double> im)
    {
        for (int i = 1, j = 0; i < Length; i++)
        {
            var bit = Length >> 1;
            for (; (j & bit) != 0; bit >>= 1)
                j ^= bit;
            j ^= bit;
            if (i >= j)
                continue;
            (re[i], re[j]) = (re[j], re[i]);
            (im[i], im[j]) = (im[j], im[i]);
        }
        for (var size = 2; size <= Length; size <<= 1)
        {
            var half = size >> 1;
            var stride = Length / size;
            for (var start = 0; start < Length; start += size)
            for (var k = 0; k < half; k++)
            {
                double c = Cosines[k * stride],
                    s = Sines[k * stride];
                int a = start + k,
                    b = a + half;
                var tr = re[b] * c - im[b] * s;
                var ti = re[b] * s + im[b] * c;
                re[b] = re[a] - tr;
                im[b] = im[a] - ti;
                re[a] += tr;
                im[a] += ti;
            }
        }
    }

    /// <summary>Writes the detrended, windowed values at the start of <paramref name="target"/>.</summary>
    internal static void Taper(ReadOnlySpan<double> values, Span<double> target)
    {
        var n = values.Length;
        double sum = 0,
            moment = 0;
        var middle = (n - 1) / 2.0;
        for (var i = 0; i < n; i++)
        {
            sum += values[i];
            moment += (i - middle) * values[i];
        }
        var mean = sum / n;
        var slope = moment / ((double)n * ((double)n * n - 1) / 12);
        // cos(2πi/n) by rotation: one multiply-add pair a value instead of a library call; drift stays below 1e-13 over 256 steps.
        var (stepSin, stepCos) = Math.SinCos(2 * Math.PI / n);
        double cos = 1,
            sin = 0;
        for (var i = 0; i < n; i++)
        {
            target[i] = (values[i] - mean - slope * (i - middle)) * (0.5 - 0.5 * cos);
            (cos, sin) = (cos * stepCos - sin * stepSin, sin * stepCos + cos * stepSin);
        }
    }
}
