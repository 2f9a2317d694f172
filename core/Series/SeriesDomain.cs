namespace Dapr.Anomaly.Core.Series;

/// <summary>What values a series can have, as far as its history shows: an expected range outside it would be nonsense.</summary>
/// <param name="Lowest">0 where no value was ever below, else −∞.</param>
/// <param name="Highest">1 for a ratio that was never above, else +∞.</param>
/// <param name="IsWhole">True where every value was a whole number: pods, restarts, replicas.</param>
public readonly record struct SeriesDomain(double Lowest, double Highest, bool IsWhole)
{
    public static readonly SeriesDomain Any = new(double.NegativeInfinity, double.PositiveInfinity, false);

    private const string Ratio = "ratio";

    /// <param name="unit">Unit of the series.</param>
    /// <param name="values">Its history; NaN where there is no sample.</param>
    public static SeriesDomain Of(string unit, ReadOnlySpan<double> values)
    {
        var (low, high, whole) = (double.PositiveInfinity, double.NegativeInfinity, true);
        foreach (var value in values)
            if (double.IsFinite(value))
                (low, high, whole) = (Math.Min(low, value), Math.Max(high, value), whole && value == Math.Round(value));
        return low > high
            ? Any
            : new(low >= 0 ? 0 : double.NegativeInfinity, unit == Ratio && low >= 0 && high <= 1 ? 1 : double.PositiveInfinity, whole);
    }

    /// <summary>The part of an expected range that the series can have; of whole numbers, those that lie nearest to its ends.</summary>
    public (double Expected, double Lower, double Upper) Limit(double expected, double lower, double upper)
    {
        if (IsWhole)
            (lower, upper) = (Math.Round(lower), Math.Round(upper));
        (lower, upper) = (Math.Clamp(lower, Lowest, Highest), Math.Clamp(upper, Lowest, Highest));
        return (Math.Clamp(expected, lower, upper), lower, upper);
    }
}
