using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Detection.Lstm;

/// <summary>
/// Centre and scale that take a window to the model's units and its forecasts back. Made from inputs only: the value to be judged never moves them.
/// </summary>
public readonly record struct WindowScale(double Center, double Scale)
{
    /// <summary>Inputs and targets are cut at this many scales.</summary>
    public const float Limit = 10;

    // Keeps the division finite on a series that has never moved.
    private const double RelativeFloor = 1e-6,
        AbsoluteFloor = 1e-12;

    // A series that is mostly constant has MAD 0 though it moves.
    private const double SpreadFloor = 0.3;

    /// <summary>(value − centre)/scale.</summary>
    public double Normalise(double value) => (value - Center) / Scale;

    public double Denormalise(double normalised) => Center + normalised * Scale;

    /// <summary>
    /// Median and 1.4826·MAD of the inputs that are there, plus <paramref name="scaleFloor"/> of the long-run scale; the window's own spread stands
    /// in for a long-run scale that is not positive.
    /// </summary>
    /// <param name="scratch">At least as long as the window.</param>
    public static WindowScale Of(ReadOnlySpan<float> values, ReadOnlySpan<bool> missing, double longRunScale, double scaleFloor, Span<double> scratch)
    {
        var there = Present(values, missing, scratch);
        if (there.IsEmpty)
            return new(0, AbsoluteFloor);
        var longRun = longRunScale > 0 ? longRunScale : SpreadFloor * Deviation(there);
        var center = OrderStatistics.Median(there);
        var scale = OrderStatistics.MadToSigma * OrderStatistics.MedianAbsoluteDeviation(there, center) + scaleFloor * longRun;
        return new(center, Math.Max(scale, RelativeFloor * Math.Abs(center) + AbsoluteFloor));
    }

    /// <summary>
    /// The long-run scale of a series, in its unit: max(1.4826·MAD, 0.3·standard deviation) over its history; 0 when it never moves. Training and
    /// serving give it by series.
    /// </summary>
    public static double LongRun(ReadOnlySpan<float> values, ReadOnlySpan<bool> missing)
    {
        var there = Present(values, missing, new double[values.Length]);
        if (there.IsEmpty)
            return 0;
        var deviation = Deviation(there);
        var mad = OrderStatistics.MedianAbsoluteDeviation(there, OrderStatistics.Median(there));
        return Math.Max(OrderStatistics.MadToSigma * mad, SpreadFloor * deviation);
    }

    private static Span<double> Present(ReadOnlySpan<float> values, ReadOnlySpan<bool> missing, Span<double> scratch)
    {
        var count = 0;
        for (var i = 0; i < values.Length; i++)
            if (missing.IsEmpty || !missing[i])
                scratch[count++] = values[i];
        return scratch[..count];
    }

    private static double Deviation(ReadOnlySpan<double> values)
    {
        double mean = 0,
            squares = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var delta = values[i] - mean;
            mean += delta / (i + 1);
            squares += delta * (values[i] - mean);
        }
        return Math.Sqrt(squares / values.Length);
    }
}
