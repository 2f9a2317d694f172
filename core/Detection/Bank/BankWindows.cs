using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Detection.Bank;

/// <summary>Complete windows drawn from a series, in units of its scale.</summary>
internal sealed class BankWindows
{
    private float[] _values = [];

    private BankWindows(int length) => Length = length;

    public int Length { get; }

    public int Count { get; private init; }

    public ReadOnlySpan<float> this[int window] => _values.AsSpan(window * Length, Length);

    /// <summary>One draw in each stretch of equal length.</summary>
    public static BankWindows Draw(BankSeries series, BankScale scale, BankOptions options, Xoshiro256 random)
    {
        var starts = Complete(series, options.Length);
        var result = new BankWindows(options.Length) { Count = Math.Min(starts.Count, options.Windows) };
        result._values = new float[result.Count * options.Length];
        for (var i = 0; i < result.Count; i++)
        {
            var from = (int)((long)i * starts.Count / result.Count);
            var to = (int)((i + 1L) * starts.Count / result.Count);
            var start = starts[from + random.Next(to - from)];
            scale.Apply(series.Values.Span.Slice(start, options.Length), result._values.AsSpan(i * options.Length, options.Length));
        }
        return result;
    }

    /// <summary>Where complete windows begin.</summary>
    public static List<int> Complete(BankSeries series, int length)
    {
        var values = series.Values.Span;
        var missing = series.Missing.Span;
        if (!missing.IsEmpty && missing.Length != values.Length)
            throw new ArgumentException($"series {series.Name}: the missing mask has {missing.Length} places, the series {values.Length}");
        var starts = new List<int>();
        var run = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (!missing.IsEmpty && missing[i])
                run = 0;
            else if (!float.IsFinite(values[i]))
                throw new ArgumentException(
                    $"series {series.Name}: value {i} of {values.Length} is {values[i]}; samples that are not there must be marked missing"
                );
            else if (++run >= length)
                starts.Add(i - length + 1);
        }
        return starts;
    }
}
