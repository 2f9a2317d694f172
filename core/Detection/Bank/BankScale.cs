using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Detection.Bank;

/// <summary>Centre and scale of one series, fixed when the bank is trained, so that amplitude is kept: a level that moved looks moved.</summary>
public readonly record struct BankScale(double Center, double Scale)
{
    /// <summary>Scaled values are cut here.</summary>
    public const float Limit = 50;

    private const double DeviationShare = 0.3,
        RangeShare = 0.005,
        AbsoluteFloor = 1e-12;

    /// <summary>Median and max(1.4826·MAD, 0.3·standard deviation, 0.5 % of the range) of the samples that are there.</summary>
    public static BankScale Of(ReadOnlySpan<float> values, ReadOnlySpan<bool> missing)
    {
        var there = new double[values.Length];
        var count = 0;
        double mean = 0,
            squares = 0,
            low = double.PositiveInfinity,
            high = double.NegativeInfinity;
        for (var i = 0; i < values.Length; i++)
            if (missing.IsEmpty || !missing[i])
            {
                double value = values[i],
                    delta = value - mean;
                there[count++] = value;
                mean += delta / count;
                squares += delta * (value - mean);
                (low, high) = (Math.Min(low, value), Math.Max(high, value));
            }
        if (count == 0)
            return new(0, AbsoluteFloor);
        var present = there.AsSpan(0, count);
        var center = OrderStatistics.Median(present);
        var mad = OrderStatistics.MadToSigma * OrderStatistics.MedianAbsoluteDeviation(present, center);
        var floor = Math.Max(RangeShare * (high - low), DeviationShare * Math.Sqrt(squares / count));
        return new(center, Math.Max(Math.Max(mad, floor), AbsoluteFloor + 1e-6 * Math.Abs(center)));
    }

    /// <summary>The same scale for values that are not yet centred: of (value − <paramref name="level"/>)/<paramref name="unit"/>.</summary>
    public BankScale Around(double level, double unit) => new(level + (Center * unit), Scale * unit);

    /// <summary>clip((value − centre)/scale, ±<see cref="Limit"/>).</summary>
    public float Apply(double value) => (float)Math.Clamp((value - Center) / Scale, -Limit, Limit);

    /// <summary>The same for each value.</summary>
    public void Apply(ReadOnlySpan<float> values, Span<float> scaled)
    {
        for (var i = 0; i < values.Length; i++)
            scaled[i] = Apply(values[i]);
    }
}
