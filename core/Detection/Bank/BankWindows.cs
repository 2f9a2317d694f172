using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Detection.Bank;

/// <summary>Complete windows drawn from series, each in units of its series' scale.</summary>
internal sealed class BankWindows
{
    private readonly List<(int Series, int Start)> _places = [];
    private readonly List<float> _values = [];

    private BankWindows(int length) => Length = length;

    public int Length { get; }

    public int Count => _places.Count;

    public ReadOnlySpan<float> this[int window] => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_values).Slice(window * Length, Length);

    /// <summary>The windows share samples of one series.</summary>
    public bool Overlap(int a, int b) => _places[a].Series == _places[b].Series && Math.Abs(_places[a].Start - _places[b].Start) < Length;

    /// <summary>
    /// An even share from each series, one draw in each stretch of equal length; what a short series cannot give goes to the others.
    /// </summary>
    public static BankWindows Draw(IReadOnlyList<BankSeries> series, BankOptions options, Xoshiro256 random)
    {
        var starts = series.Select(s => Complete(s, options.Length)).ToArray();
        var result = new BankWindows(options.Length);
        var budget = options.Windows;
        var order = Enumerable.Range(0, starts.Length).Where(s => starts[s].Count > 0).OrderBy(s => starts[s].Count).ToArray();
        for (var rank = 0; rank < order.Length; rank++)
        {
            var index = order[rank];
            var quota = Math.Min(starts[index].Count, budget / (order.Length - rank));
            budget -= quota;
            result.Add(series[index], index, starts[index], quota, random);
        }
        return result;
    }

    private void Add(BankSeries series, int index, List<int> starts, int quota, Xoshiro256 random)
    {
        var scale = BankScale.Of(series.Values.Span, series.Missing.Span);
        var scaled = new float[Length];
        for (var i = 0; i < quota; i++)
        {
            var from = (int)((long)i * starts.Count / quota);
            var to = (int)((i + 1L) * starts.Count / quota);
            var start = starts[from + random.Next(to - from)];
            scale.Apply(series.Values.Span.Slice(start, Length), 0, scaled);
            _places.Add((index, start));
            _values.AddRange(scaled);
        }
    }

    private static List<int> Complete(BankSeries series, int length)
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
