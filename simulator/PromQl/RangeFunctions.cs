namespace Dapr.Anomaly.Simulator.PromQl;

/// <summary>Functions over the samples of a window, as Prometheus 2.42 computes them.</summary>
internal static class RangeFunctions
{
    public static readonly string[] Names =
    [
        "rate",
        "increase",
        "delta",
        "irate",
        "idelta",
        "changes",
        "resets",
        "deriv",
        "predict_linear",
        "avg_over_time",
        "sum_over_time",
        "min_over_time",
        "max_over_time",
        "count_over_time",
        "last_over_time",
        "present_over_time",
        "stddev_over_time",
        "stdvar_over_time",
        "quantile_over_time",
    ];

    /// <summary>The function's value, or <see cref="Missing.Value"/> when the window holds too little.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="t">Milliseconds of the samples, none stale.</param>
    /// <param name="v">Their values.</param>
    /// <param name="startMs">Begin of the window.</param>
    /// <param name="endMs">End of the window.</param>
    /// <param name="parameter">The quantile, or the seconds to predict.</param>
    public static double Apply(string name, ReadOnlySpan<long> t, ReadOnlySpan<double> v, long startMs, long endMs, double parameter)
    {
        if (v.IsEmpty)
            return Missing.Value;
        return name switch
        {
            "rate" => Extrapolated(t, v, startMs, endMs, true, true),
            "increase" => Extrapolated(t, v, startMs, endMs, true, false),
            "delta" => Extrapolated(t, v, startMs, endMs, false, false),
            "irate" => Instant(t, v, true),
            "idelta" => Instant(t, v, false),
            "changes" => Changes(v),
            "resets" => Resets(v),
            "deriv" => v.Length < 2 ? Missing.Value : Regression(t, v, t[0]).Slope,
            "predict_linear" => v.Length < 2 ? Missing.Value
            : Regression(t, v, endMs) is var (slope, intercept) ? slope * parameter + intercept
            : 0,
            "avg_over_time" => Sum(v) / v.Length,
            "sum_over_time" => Sum(v),
            "min_over_time" => Extreme(v, -1),
            "max_over_time" => Extreme(v, 1),
            "count_over_time" => v.Length,
            "last_over_time" => v[^1],
            "present_over_time" => 1,
            "stddev_over_time" => Math.Sqrt(Variance(v)),
            "stdvar_over_time" => Variance(v),
            "quantile_over_time" => Quantiles.OfValues(parameter, v.ToArray()),
            _ => throw PromQlException.Execution($"unknown function {name}"),
        };
    }

    private static double Extrapolated(ReadOnlySpan<long> t, ReadOnlySpan<double> v, long startMs, long endMs, bool isCounter, bool isRate)
    {
        if (v.Length < 2)
            return Missing.Value;
        var result = v[^1] - v[0];
        if (isCounter)
            for (var i = 1; i < v.Length; i++)
                if (v[i] < v[i - 1])
                    result += v[i - 1];
        var toStart = (t[0] - startMs) / 1000.0;
        var toEnd = (endMs - t[^1]) / 1000.0;
        var sampled = (t[^1] - t[0]) / 1000.0;
        var average = sampled / (v.Length - 1);
        // A counter cannot have been below zero: it is not extrapolated beyond the point where it was zero.
        if (isCounter && result > 0 && v[0] >= 0)
            toStart = Math.Min(toStart, sampled * (v[0] / result));
        var threshold = average * 1.1;
        var interval = sampled + (toStart < threshold ? toStart : average / 2) + (toEnd < threshold ? toEnd : average / 2);
        var factor = interval / sampled;
        if (isRate)
            factor /= (endMs - startMs) / 1000.0;
        return result * factor;
    }

    private static double Instant(ReadOnlySpan<long> t, ReadOnlySpan<double> v, bool isRate)
    {
        if (v.Length < 2)
            return Missing.Value;
        var change = isRate && v[^1] < v[^2] ? v[^1] : v[^1] - v[^2];
        var ms = t[^1] - t[^2];
        return ms == 0 ? Missing.Value
            : isRate ? change / (ms / 1000.0)
            : change;
    }

    private static double Changes(ReadOnlySpan<double> v)
    {
        var changes = 0;
        for (var i = 1; i < v.Length; i++)
            if (v[i] != v[i - 1] && !(double.IsNaN(v[i]) && double.IsNaN(v[i - 1])))
                changes++;
        return changes;
    }

    private static double Resets(ReadOnlySpan<double> v)
    {
        var resets = 0;
        for (var i = 1; i < v.Length; i++)
            if (v[i] < v[i - 1])
                resets++;
        return resets;
    }

    private static (double Slope, double Intercept) Regression(ReadOnlySpan<long> t, ReadOnlySpan<double> v, long interceptMs)
    {
        double n = v.Length,
            sumX = 0,
            sumY = 0,
            sumXY = 0,
            sumX2 = 0;
        for (var i = 0; i < v.Length; i++)
        {
            var x = (t[i] - interceptMs) / 1000.0;
            sumX += x;
            sumY += v[i];
            sumXY += x * v[i];
            sumX2 += x * x;
        }
        var slope = (sumXY - sumX * sumY / n) / (sumX2 - sumX * sumX / n);
        return (slope, sumY / n - slope * sumX / n);
    }

    private static double Sum(ReadOnlySpan<double> v)
    {
        double sum = 0;
        foreach (var x in v)
            sum += x;
        return sum;
    }

    private static double Extreme(ReadOnlySpan<double> v, int sign)
    {
        var extreme = v[0];
        foreach (var x in v)
            if (sign * x > sign * extreme || double.IsNaN(extreme))
                extreme = x;
        return extreme;
    }

    private static double Variance(ReadOnlySpan<double> v)
    {
        double mean = 0,
            squares = 0;
        for (var i = 0; i < v.Length; i++)
        {
            var delta = v[i] - mean;
            mean += delta / (i + 1);
            squares += delta * (v[i] - mean);
        }
        return squares / v.Length;
    }
}
