using System.Numerics.Tensors;

namespace Dapr.Anomaly.Core.Forecasting.Seasonal;

/// <summary>The values of a series brought to order one; missing rows hold zero, so that they drop out of every sum.</summary>
internal sealed class ScaledValues
{
    private readonly double[] _original;

    private ScaledValues(double[] values, int[] missing, double scale, double floor, bool isConstant, double firstPresent) =>
        (_original, Values, Missing, Scale, Floor, IsConstant, FirstPresent) = (values, values, missing, scale, floor, isConstant, firstPresent);

    public double[] Values { get; private set; }

    /// <summary>Rows without a value.</summary>
    public int[] Missing { get; }

    public double Scale { get; }

    public double Floor { get; }

    public bool IsConstant { get; }

    public double FirstPresent { get; }

    public int Present => Values.Length - Missing.Length;

    public double Squares => TensorPrimitives.Dot<double>(Values, Values);

    /// <summary>Null where fewer than two values are present; infinities are an error.</summary>
    public static ScaledValues? Of(ReadOnlySpan<double> values, SeasonalOptions options)
    {
        List<int> missing = [];
        var (min, max, first) = (double.PositiveInfinity, double.NegativeInfinity, double.NaN);
        for (var r = 0; r < values.Length; r++)
        {
            if (double.IsNaN(values[r]))
            {
                missing.Add(r);
                continue;
            }
            if (double.IsInfinity(values[r]))
                throw new ArgumentException(
                    $"value of row {r} is infinite; a seasonal model takes finite values and NaN for missing ones",
                    nameof(values)
                );
            if (double.IsNaN(first))
                first = values[r];
            (min, max) = (Math.Min(min, values[r]), Math.Max(max, values[r]));
        }
        if (values.Length - missing.Count < 2)
            return null;

        var floor = options.Scaling == SeasonalScaling.MinMax ? min : 0;
        var top = options is { Growth: SeasonalGrowth.Logistic, Scaling: SeasonalScaling.MinMax, Cap: { } cap } ? cap : max;
        var scale = options.Scaling == SeasonalScaling.MinMax ? top - floor : Math.Max(Math.Abs(min), Math.Abs(max));
        if (scale == 0)
            scale = 1;
        var scaled = new double[values.Length];
        for (var r = 0; r < values.Length; r++)
            scaled[r] = double.IsNaN(values[r]) ? 0 : (values[r] - floor) / scale;
        return new(scaled, [.. missing], scale, floor, min == max, (first - floor) / scale);
    }

    /// <summary>Original values less the fit; NaN where missing.</summary>
    public double[] Residuals(SeasonalDesign design, ReadOnlySpan<double> theta)
    {
        var residuals = new double[Values.Length];
        design.Multiply(theta, residuals, 0, design.Columns);
        TensorPrimitives.Subtract<double>(_original, residuals, residuals);
        foreach (var r in Missing)
            residuals[r] = double.NaN;
        return residuals;
    }

    /// <summary>
    /// Pulls the original values further than <paramref name="deviations"/> robust deviations from the fit in to that distance; false when none was.
    /// </summary>
    public bool Clip(SeasonalDesign design, ReadOnlySpan<double> theta, double deviations)
    {
        var fitted = new double[Values.Length];
        design.Multiply(theta, fitted, 0, design.Columns);
        var isMissing = new bool[Values.Length];
        foreach (var r in Missing)
            isMissing[r] = true;

        var distances = new double[Present];
        for (int r = 0, i = 0; r < Values.Length; r++)
            if (!isMissing[r])
                distances[i++] = Math.Abs(_original[r] - fitted[r]);
        Array.Sort(distances);
        var limit = deviations * 1.4826 * distances[distances.Length / 2];
        if (limit == 0 || distances[^1] <= limit)
            return false;
        Values = [.. _original];
        for (var r = 0; r < Values.Length; r++)
            if (!isMissing[r])
                Values[r] = Math.Clamp(_original[r], fitted[r] - limit, fitted[r] + limit);
        return true;
    }
}
