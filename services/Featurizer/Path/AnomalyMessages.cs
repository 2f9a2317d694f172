using System.Text.Json;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer.Path;

/// <summary>
/// Packs columns of anomalies into messages that a broker takes. Columns of one source and one model share a message; a column that is too large for
/// one is split over several, which are parts of their own: a reader takes the messages of a part in order of time and sees none of them twice.
/// </summary>
internal static class AnomalyMessages
{
    /// <summary>Encoded; sidecars take 4 MiB by default.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Distance of the parts of a split column; a collection has fewer messages.</summary>
    public const int SplitPart = 1_000_000;

    /// <returns>The messages of the first columns, and how many columns they hold.</returns>
    public static (IReadOnlyList<AnomalyBatchV1> Messages, int Columns) First(IReadOnlyList<AnomalyBatchV1> columns)
    {
        var newest = columns[0];
        var bytes = Size(newest);
        if (bytes > MaxBytes)
            return (Split(newest, bytes), 1);
        List<AnomalyColumnV1> earlier = [];
        for (var next = 1; next < columns.Count; next++)
        {
            var column = columns[next];
            bytes += Size(column);
            if (bytes > MaxBytes || (column.Shard, column.Part, column.ModelVersion) != (newest.Shard, newest.Part, newest.ModelVersion))
                break;
            earlier.Add(new(newest.Timestamp, newest.Anomalies));
            newest = column;
        }
        return ([earlier.Count > 0 ? newest with { Earlier = earlier } : newest], earlier.Count + 1);
    }

    private static List<AnomalyBatchV1> Split(AnomalyBatchV1 column, long bytes)
    {
        var atOnce = (int)Math.Max(1, column.Anomalies.Count * (long)MaxBytes / (2 * bytes));
        return
        [
            .. column.Anomalies.Chunk(atOnce).Select((anomalies, i) => column with { Part = column.Part + (i * SplitPart), Anomalies = anomalies }),
        ];
    }

    private static long Size(AnomalyBatchV1 column) => JsonSerializer.SerializeToUtf8Bytes(column, MessageJson.Options).Length;
}
