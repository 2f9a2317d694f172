using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>Writes the answer of a range query as Prometheus does, without a string for each value.</summary>
internal static class MatrixWriter
{
    private const int LongestPoint = 64;
    private const int FlushBytes = 256 * 1024;

    /// <param name="series">Number and labels (as JSON) of each series.</param>
    public static async Task WriteAsync(
        PipeWriter output,
        IEnumerable<(int Number, byte[] Labels)> series,
        long startMs,
        long endMs,
        long stepMs,
        CancellationToken cancellationToken
    )
    {
        output.Write("""{"status":"success","data":{"resultType":"matrix","result":["""u8);
        var times = Times(startMs, endMs, stepMs);
        var isFirst = true;
        foreach (var (number, labels) in series)
        {
            output.Write(isFirst ? """{"metric":"""u8 : """,{"metric":"""u8);
            isFirst = false;
            output.Write(labels);
            output.Write(""","values":["""u8);
            WriteValues(output, number, times, startMs, stepMs);
            output.Write("]}"u8);
            if (output.UnflushedBytes > FlushBytes)
                await output.FlushAsync(cancellationToken);
        }
        output.Write("]}}"u8);
        await output.FlushAsync(cancellationToken);
    }

    private static void WriteValues(PipeWriter output, int series, byte[][] times, long startMs, long stepMs)
    {
        for (var column = 0; column < times.Length; column++)
        {
            var span = output.GetSpan(LongestPoint);
            var at = 0;
            if (column > 0)
                span[at++] = (byte)',';
            times[column].CopyTo(span[at..]);
            at += times[column].Length;
            var value = SyntheticSeries.ThousandthsAt(series, startMs + (column * stepMs));
            Utf8Formatter.TryFormat(value / 1000, span[at..], out var digits);
            at += digits;
            span[at++] = (byte)'.';
            Utf8Formatter.TryFormat(value % 1000, span[at..], out digits, new StandardFormat('D', 3));
            at += digits;
            "\"]"u8.CopyTo(span[at..]);
            output.Advance(at + 2);
        }
    }

    /// <summary><c>[1700000000.000,"</c> for each column: the same for all series.</summary>
    private static byte[][] Times(long startMs, long endMs, long stepMs)
    {
        var times = new byte[endMs < startMs ? 0 : ((endMs - startMs) / stepMs) + 1][];
        for (var column = 0; column < times.Length; column++)
            times[column] = Encoding.ASCII.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"[{(startMs + (column * stepMs)) / 1000.0:0.000},\"")
            );
        return times;
    }
}
