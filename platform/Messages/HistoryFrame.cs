using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>
/// Past values of many series on one time grid, in a compact binary form: a JSON header, then for each series a float64 offset and <see cref="Count"/> float32 differences to it.
/// NaN marks a missing sample.
/// </summary>
/// <param name="Start">Time of the first column.</param>
/// <param name="Count">Columns.</param>
public sealed record HistoryFrame(DateTimeOffset Start, TimeSpan Step, int Count, IReadOnlyList<HistorySeries> Series)
{
    public const string MediaType = "application/vnd.anomaly.history.v1";

    private static ReadOnlySpan<byte> Magic => "ANH1"u8;

    public DateTimeOffset TimeOf(int column) => Start + (column * Step);

    public byte[] Write()
    {
        var header = JsonSerializer.SerializeToUtf8Bytes(
            new Header(Start, Step.TotalSeconds, Count, [.. Series.Select(s => SeriesV1.From(s.Series))]),
            MessageJson.Options
        );
        var bytes = new byte[Magic.Length + sizeof(int) + header.Length + (Series.Count * (sizeof(double) + (Count * sizeof(float))))];
        var rest = bytes.AsSpan();
        Magic.CopyTo(rest);
        rest = rest[Magic.Length..];
        BinaryPrimitives.WriteInt32LittleEndian(rest, header.Length);
        rest = rest[sizeof(int)..];
        header.CopyTo(rest);
        rest = rest[header.Length..];
        foreach (var series in Series)
        {
            if (series.Values.Length != Count)
                throw new ArgumentException($"series {series.Series}: {series.Values.Length} values in a frame of {Count}");
            var offset = series.Values.FirstOrDefault(double.IsFinite);
            BinaryPrimitives.WriteDoubleLittleEndian(rest, offset);
            rest = rest[sizeof(double)..];
            var floats = MemoryMarshal.Cast<byte, float>(rest[..(Count * sizeof(float))]);
            for (var i = 0; i < Count; i++)
                floats[i] = (float)(series.Values[i] - offset);
            rest = rest[(Count * sizeof(float))..];
        }
        return bytes;
    }

    /// <exception cref="FormatException">The bytes are not a frame of this version.</exception>
    public static HistoryFrame Read(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith(Magic))
            throw new FormatException("history frame: the content does not begin with ANH1");
        var rest = bytes[Magic.Length..];
        var headerLength = BinaryPrimitives.ReadInt32LittleEndian(rest);
        rest = rest[sizeof(int)..];
        if (headerLength < 0 || headerLength > rest.Length)
            throw new FormatException($"history frame: a header of {headerLength} bytes in {rest.Length}");
        var header =
            JsonSerializer.Deserialize<Header>(rest[..headerLength], MessageJson.Options) ?? throw new FormatException("history frame: empty header");
        rest = rest[headerLength..];
        var seriesBytes = sizeof(double) + (header.Count * sizeof(float));
        if (header.Count < 0 || rest.Length != (long)header.Series.Count * seriesBytes)
            throw new FormatException(
                $"history frame: {rest.Length} bytes of values, {header.Series.Count} series of {header.Count} need {(long)header.Series.Count * seriesBytes}"
            );

        var series = new HistorySeries[header.Series.Count];
        for (var s = 0; s < series.Length; s++)
        {
            var offset = BinaryPrimitives.ReadDoubleLittleEndian(rest);
            var floats = MemoryMarshal.Cast<byte, float>(rest.Slice(sizeof(double), header.Count * sizeof(float)));
            var values = new double[header.Count];
            for (var i = 0; i < values.Length; i++)
                values[i] = offset + floats[i];
            series[s] = new(header.Series[s].ToIdentity(), values);
            rest = rest[seriesBytes..];
        }
        return new(header.Start, TimeSpan.FromSeconds(header.StepSeconds), header.Count, series);
    }

    private sealed record Header(DateTimeOffset Start, double StepSeconds, int Count, IReadOnlyList<SeriesV1> Series);
}

/// <param name="Values">One for each column of the frame; NaN where nothing is known.</param>
public sealed record HistorySeries(SeriesIdentity Series, double[] Values);
