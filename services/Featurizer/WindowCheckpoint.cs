using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer;

/// <summary>A shard's windows as one compressed blob: mark, number of series, then for each its identity as JSON and its window's snapshot.</summary>
public static class WindowCheckpoint
{
    private static ReadOnlySpan<byte> Mark => "AWC1"u8;

    public static byte[] Write(Shard shard)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        using (var writer = new BinaryWriter(gzip, Encoding.UTF8))
        {
            writer.Write(Mark);
            writer.Write(shard.Series.Count);
            var snapshot = new byte[SeriesWindow.SnapshotBytes];
            foreach (var series in shard.Series)
            {
                writer.Write(JsonSerializer.Serialize(series.Message, MessageJson.Options));
                series.Window.Write(snapshot);
                writer.Write(snapshot);
            }
        }
        return buffer.ToArray();
    }

    /// <exception cref="InvalidDataException">Not a checkpoint of a version that this build reads.</exception>
    public static void Read(byte[] content, Shard shard)
    {
        using var gzip = new GZipStream(new MemoryStream(content), CompressionMode.Decompress);
        using var reader = new BinaryReader(gzip, Encoding.UTF8);
        var mark = reader.ReadBytes(Mark.Length);
        if (!mark.AsSpan().SequenceEqual(Mark))
            throw new InvalidDataException(
                $"window checkpoint: mark 0x{(mark.Length == 4 ? BinaryPrimitives.ReadInt32LittleEndian(mark) : 0):x8} is not AWC1"
            );
        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            var message =
                JsonSerializer.Deserialize<SeriesV1>(reader.ReadString(), MessageJson.Options)
                ?? throw new InvalidDataException("window checkpoint: a series without identity");
            shard.Add(message.ToIdentity(), SeriesWindow.Read(reader.ReadBytes(SeriesWindow.SnapshotBytes)));
        }
    }
}
