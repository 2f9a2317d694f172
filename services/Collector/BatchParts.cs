using System.Text;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Collector;

/// <summary>
/// Cuts the rows of a shard into parts, and the columns of a part into messages, so that each message is at most so many bytes in its binary form
/// (Protos/samples.proto). What a series costs is counted from above: its words where they are new in the part, its label indexes, its base.
/// </summary>
internal static class BatchParts
{
    /// <summary>Sidecars take 4 MiB by default, and base64 adds a third.</summary>
    public const int MaxMessageBytes = 1024 * 1024;

    /// <summary>What a reader has to look up for one message stays bounded, too.</summary>
    public const int MaxSeries = 10_000;

    /// <summary>A part leaves half of a message to values.</summary>
    private const int MaxIdentityBytes = MaxMessageBytes / 2;

    /// <summary>At most, as a varint.</summary>
    private const int BytesOfANumber = 5;

    private const int BytesOfTagAndLength = 6;
    private const int BytesOfABase = 9;
    private const int BytesOfAValue = 4;

    /// <summary>Rows whose identity alone is more than a message takes are left out.</summary>
    /// <returns>Rows of each part, and the rows that fit none.</returns>
    public static (IReadOnlyList<int[]> Parts, IReadOnlyList<int> TooLarge) Of(SampleTable samples, IEnumerable<int> rows)
    {
        HashSet<string> nothing = [];
        List<int[]> parts = [];
        List<int> part = [],
            tooLarge = [];
        HashSet<string> words = [];
        var bytes = 0;
        foreach (var row in rows)
        {
            if (Cost(samples.Series[row], nothing) > MaxIdentityBytes)
            {
                tooLarge.Add(row);
                continue;
            }
            var cost = Cost(samples.Series[row], words);
            if (part.Count > 0 && (bytes + cost > MaxIdentityBytes || part.Count == MaxSeries))
            {
                parts.Add([.. part]);
                part.Clear();
                words.Clear();
                (bytes, cost) = (0, Cost(samples.Series[row], words));
            }
            part.Add(row);
            bytes += cost;
            Learn(samples.Series[row], words);
        }
        if (part.Count > 0)
            parts.Add([.. part]);
        return (parts, tooLarge);
    }

    /// <summary>Columns that a message of so many rows takes beside their identities, at least one.</summary>
    public static int ColumnsOf(int rows) => Math.Max(1, (MaxMessageBytes - MaxIdentityBytes) / ((rows * BytesOfAValue) + (2 * BytesOfTagAndLength)));

    private static int Cost(WatchedSeries watched, HashSet<string> words)
    {
        var series = watched.Series;
        // The signal is counted for each series, although the series of one query share it.
        var cost = (2 * BytesOfTagAndLength) + BytesOfANumber + BytesOfABase + (words.Contains(series.Name) ? 0 : SignalBytes(series));
        foreach (var (name, value) in series.Labels)
            cost += (2 * BytesOfANumber) + (words.Contains(name) ? 0 : WordBytes(name)) + (words.Contains(value) ? 0 : WordBytes(value));
        return cost;
    }

    private static void Learn(WatchedSeries watched, HashSet<string> words)
    {
        words.Add(watched.Series.Name);
        foreach (var (name, value) in watched.Series.Labels)
        {
            words.Add(name);
            words.Add(value);
        }
    }

    private static int SignalBytes(SeriesIdentity series) =>
        WordBytes(series.Name) + WordBytes(series.Unit) + (2 * BytesOfABase) + (4 * BytesOfTagAndLength);

    private static int WordBytes(string word) => BytesOfTagAndLength + Encoding.UTF8.GetByteCount(word);
}
