using System.Runtime.InteropServices;
using Dapr.Anomaly.Core.Series;
using Google.Protobuf;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>
/// <see cref="SampleTable"/> in its binary form (Protos/samples.proto): every word once, every series once, then columns of float32 relative to the first value of their
/// series. A table of one column is exact; in longer ones values keep 24 bits of their distance from the first.
/// </summary>
public static class SampleTableWire
{
    public static byte[] ToBytes(SampleTable table) => ToWire(table).ToByteArray();

    /// <exception cref="MessageException">Not a table; the message says what is wrong.</exception>
    public static SampleTable FromBytes(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return FromWire(Wire.SampleTable.Parser.ParseFrom(bytes));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new MessageException($"sample table: {e.Message}", e);
        }
    }

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

    internal static SampleTable FromWire(Wire.SampleTable wire)
    {
        if (wire.StepMs <= 0)
            throw new MessageException($"sample table: a step of {wire.StepMs} ms is not above 0");
        Signal[] signals = [.. wire.Signals.Select(FromWire)];
        var series = new WatchedSeries[wire.Series.Count];
        for (var row = 0; row < series.Length; row++)
            series[row] = Row(wire, row, signals);
        var (columns, values) = (wire.Columns.Count, new double[series.Length * wire.Columns.Count]);
        for (var column = 0; column < columns; column++)
        {
            var relative = wire.Columns[column].Values;
            if (relative.Count != series.Length)
                throw new MessageException($"sample table: column {column} has {relative.Count} values for {series.Length} series");
            for (var row = 0; row < series.Length; row++)
                values[(row * columns) + column] = wire.Series[row].Base + relative[row];
        }
        return new(Time(wire.StartMs), TimeSpan.FromMilliseconds(wire.StepMs), columns, series, values);
    }

    private static WatchedSeries Row(Wire.SampleTable wire, int row, Signal[] signals)
    {
        var series = wire.Series[row];
        if (series.Signal >= signals.Length)
            throw new MessageException($"sample table: series {row} names signal {series.Signal} of {signals.Length}");
        if (series.Labels.Count % 2 != 0)
            throw new MessageException($"sample table: series {row} has a label without a value");
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
            throw new MessageException($"sample table: series {row} of {signal.Name}: {e.Message}", e);
        }

        string Word(uint index) =>
            index < wire.Words.Count
                ? wire.Words[(int)index]
                : throw new MessageException($"sample table: series {row} names word {index} of {wire.Words.Count}");
    }

    private static DateTimeOffset Time(long ms)
    {
        try
        {
            return DateTimeOffset.FromUnixTimeMilliseconds(ms);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new MessageException($"sample table: {ms} ms since 1970 is not a time", e);
        }
    }

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

    private static Signal FromWire(Wire.Signal signal)
    {
        var kind = (SignalKind)signal.Kind;
        if (!Enum.IsDefined(kind))
            throw new MessageException($"sample table: signal {signal.Name} has kind {(int)kind}, which is not known");
        var direction = (DetectionDirection)signal.DetectionDirection;
        if (!Enum.IsDefined(direction))
            throw new MessageException($"sample table: signal {signal.Name} has detection direction {(int)direction}, which is not known");
        return new(signal.Name, kind, signal.Unit, new DetectionRule(direction, signal.MinDevFromExpected, signal.MinRelDevFromExpected));
    }

    private static double FirstFinite(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
            if (double.IsFinite(value))
                return value;
        return 0;
    }
}
