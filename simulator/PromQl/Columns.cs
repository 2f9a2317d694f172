using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Simulator.PromQl;

/// <summary>The instants of an evaluation.</summary>
internal readonly record struct Steps(long StartMs, long StepMs, int Count)
{
    public long At(int step) => StartMs + step * StepMs;
}

/// <summary>One output series over all steps; steps where it does not exist hold <see cref="Missing.Value"/>.</summary>
internal sealed record Column(Labels Labels, double[] Values);

/// <summary>Prometheus's StaleNaN, which also marks "no value here"; unlike NaN, which is a value.</summary>
internal static class Missing
{
    private const long Bits = 0x7ff0000000000002;

    public static readonly double Value = BitConverter.Int64BitsToDouble(Bits);

    public static bool Is(double value) => BitConverter.DoubleToInt64Bits(value) == Bits;

    public static double[] Fill(int count)
    {
        var values = new double[count];
        Array.Fill(values, Value);
        return values;
    }
}

/// <summary>What a node evaluates to: a number or a set of columns for each step, or a text.</summary>
internal sealed record Evaluated(double[]? Scalar, List<Column>? Vector, string? Text)
{
    public static Evaluated Of(double[] scalar) => new(scalar, null, null);

    public static Evaluated Of(List<Column> vector) => new(null, vector, null);

    public static Evaluated Of(string text) => new(null, null, text);
}

/// <summary>Raw samples of one series in order of time; a window that slides forward.</summary>
internal sealed class SampleWindow
{
    private long[] _timestamps = new long[64];
    private double[] _values = new double[64];
    private int _from,
        _to;

    public int Count => _to - _from;

    public ReadOnlySpan<long> Timestamps => _timestamps.AsSpan(_from, Count);

    public ReadOnlySpan<double> Values => _values.AsSpan(_from, Count);

    public void Add(long timestampMs, double value)
    {
        if (_to == _values.Length)
        {
            var count = Count;
            var capacity = count * 2 > _values.Length ? _values.Length * 2 : _values.Length;
            var (timestamps, values) = (_timestamps, _values);
            if (capacity != _values.Length)
                (timestamps, values) = (new long[capacity], new double[capacity]);
            Array.Copy(_timestamps, _from, timestamps, 0, count);
            Array.Copy(_values, _from, values, 0, count);
            (_timestamps, _values, _from, _to) = (timestamps, values, 0, count);
        }
        _timestamps[_to] = timestampMs;
        _values[_to++] = value;
    }

    public void DropBefore(long timestampMs)
    {
        while (_from < _to && _timestamps[_from] < timestampMs)
            _from++;
    }

    public void Clear() => _from = _to = 0;
}

/// <summary>A raw series that can be read over any range.</summary>
internal interface IRawSeries
{
    Labels Labels { get; }

    /// <summary>Adds the samples with <c>fromMs ≤ t ≤ toMs</c>, stale markers included.</summary>
    void Read(long fromMs, long toMs, SampleWindow into);

    /// <summary>The last of the samples that <see cref="Read"/> would add; null when it would add none.</summary>
    (long TimestampMs, double Value)? Last(long fromMs, long toMs);
}

/// <summary>The store that selectors look into.</summary>
internal interface ISeriesSource
{
    IEnumerable<IRawSeries> Select(IReadOnlyList<Matcher> matchers);
}
