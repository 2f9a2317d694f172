using System.Runtime.InteropServices;
using Dapr.Anomaly.Core.Series;
using Google.Protobuf;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>
/// <see cref="SampleTable"/> in its binary form (Protos/samples.proto): every word once, every series once, then columns of float32 relative to the
/// first value of their series. A table of one column is exact; in longer ones values keep 24 bits of their distance from the first.
/// </summary>
public static class SampleTableWire
{
    public static byte[] ToBytes(SampleTable table) => ToWire(table).ToByteArray();

    private const string What = "sample table";

    /// <exception cref="MessageException">Not a table; the message says what is wrong.</exception>
    public static SampleTable FromBytes(ReadOnlySpan<byte> bytes) =>
        Untrusted.Read(What, bytes, static content => FromWire(What, Wire.SampleTable.Parser.ParseFrom(content)));

    internal static Wire.SampleTable ToWire(SampleTable table)
    {
        var wire = new Wire.SampleTable { StartMs = table.Start.ToUnixTimeMilliseconds(), StepMs = (long)table.Step.TotalMilliseconds };
        Dictionary<string, uint> words = [];
        var signals = new SignalIndex();
        var bases = new double[table.Series.Count];
        for (var row = 0; row < bases.Length; row++)
        {
            bases[row] = FirstFinite(table.Row(row));
            var series = new Wire.Series { Signal = (uint)signals.IndexOf(table.Series[row]), Base = bases[row] };
            foreach (var (name, value) in table.Series[row].Series.Labels)
            {
                series.Labels.Add(IndexOf(name));
                series.Labels.Add(IndexOf(value));
            }
            wire.Series.Add(series);
        }
        wire.Signals.AddRange(signals.All.Select(ToWire));
        for (var column = 0; column < table.Columns; column++)
        {
            var values = new Wire.Column();
            values.Values.Capacity = bases.Length;
            for (var row = 0; row < bases.Length; row++)
                values.Values.Add((float)(table[row, column] - bases[row]));
            wire.Columns.Add(values);
        }
        return wire;

        uint IndexOf(string word)
        {
            ref var index = ref CollectionsMarshal.GetValueRefOrAddDefault(words, word, out var known);
            if (!known)
            {
                index = (uint)wire.Words.Count;
                wire.Words.Add(word);
            }
            return index;
        }
    }

    /// <param name="what">What the table is part of, for the reason.</param>
    internal static SampleTable FromWire(string what, Wire.SampleTable wire)
    {
        SampleTableCheck.Sizes(what, wire.Signals.Count, wire.Series.Count, wire.Columns.Count, column => wire.Columns[column].Values.Count);
        var (start, step) = (Time(what, wire.StartMs), Step(what, wire.StepMs));
        SampleTableCheck.Times(what, start, step, wire.Columns.Count);
        Signal[] signals = [.. wire.Signals.Select((s, i) => SampleTableCheck.Signal(what, i, FromWire(s)))];
        var series = new WatchedSeries[wire.Series.Count];
        for (var row = 0; row < series.Length; row++)
            series[row] = Row(what, wire, row, signals);
        var (columns, values) = (wire.Columns.Count, new double[series.Length * wire.Columns.Count]);
        for (var column = 0; column < columns; column++)
        {
            var relative = wire.Columns[column].Values;
            for (var row = 0; row < series.Length; row++)
                values[(row * columns) + column] = wire.Series[row].Base + relative[row];
        }
        return new(start, step, columns, series, values);
    }

    private static WatchedSeries Row(string what, Wire.SampleTable wire, int row, Signal[] signals)
    {
        var series = wire.Series[row];
        if (series.Signal >= signals.Length)
            throw new MessageException($"{what}: series {row} names signal {series.Signal} of {signals.Length}");
        if (series.Labels.Count % 2 != 0)
            throw new MessageException($"{what}: series {row} has a label without a value");
        var labels = new KeyValuePair<string, string>[series.Labels.Count / 2];
        for (var i = 0; i < labels.Length; i++)
            labels[i] = new(Word(series.Labels[2 * i]), Word(series.Labels[(2 * i) + 1]));
        var signal = signals[series.Signal];
        try
        {
            return new(signal.Identify(new Labels(labels)), signal.Rule);
        }
        catch (ArgumentException e)
        {
            throw new MessageException($"{what}: series {row} of {signal.Name}: {e.Message}", e);
        }

        string Word(uint index) =>
            index < wire.Words.Count
                ? wire.Words[(int)index]
                : throw new MessageException($"{what}: series {row} names word {index} of {wire.Words.Count}");
    }

    private static DateTimeOffset Time(string what, long ms) =>
        ms >= 0 && ms < TimeGrid.EndOfTime.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : throw new MessageException($"{what}: {ms} ms since 1970 is not a time before {TimeGrid.EndOfTime:yyyy}");

    private static TimeSpan Step(string what, long ms) =>
        ms > 0 && ms <= TimeGrid.MaxStep.TotalMilliseconds
            ? TimeSpan.FromMilliseconds(ms)
            : throw new MessageException($"{what}: a step of {ms} ms is not above 0 and at most {TimeGrid.MaxStep.TotalMilliseconds}");

    private static Wire.Signal ToWire(Signal signal) =>
        new()
        {
            Name = signal.Name,
            Kind = (Wire.SignalKind)signal.Kind,
            Unit = signal.Unit,
            DetectionDirection = (Wire.DetectionDirection)signal.Rule.DetectionDirection,
            MinDevFromExpected = signal.Rule.MinDevFromExpected,
            MinRelDevFromExpected = signal.Rule.MinRelDevFromExpected,
        };

    private static Signal FromWire(Wire.Signal signal) =>
        new(
            signal.Name,
            (SignalKind)signal.Kind,
            signal.Unit,
            new DetectionRule((DetectionDirection)signal.DetectionDirection, signal.MinDevFromExpected, signal.MinRelDevFromExpected)
        );

    private static double FirstFinite(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
            if (double.IsFinite(value))
                return value;
        return 0;
    }
}
