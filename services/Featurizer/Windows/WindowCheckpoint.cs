using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>
/// A shard's windows as one compressed blob: mark, number of series, then for each its identity as JSON and its window's snapshot. Copying is quick
/// and wants the shard for itself; compressing is slow and does not.
/// </summary>
internal sealed class WindowCheckpoint
{
    private const int MaxIdentityBytes = 16 * 1024 * 1024;

    private readonly SeriesIdentity[] _series;
    private readonly byte[] _snapshots;

    private WindowCheckpoint(SeriesIdentity[] series, byte[] snapshots) => (_series, _snapshots) = (series, snapshots);

    private static ReadOnlySpan<byte> Mark => "AWC2"u8;

    /// <summary>Copies the windows as they are; nobody else may use the shard meanwhile.</summary>
    public static WindowCheckpoint Of(Shard shard)
    {
        TrackedSeries[] tracked = [.. shard.Series];
        var snapshots = new byte[tracked.Length * SeriesWindow.SnapshotBytes];
        for (var i = 0; i < tracked.Length; i++)
            tracked[i].Window.Write(snapshots.AsSpan(i * SeriesWindow.SnapshotBytes));
        return new([.. tracked.Select(t => t.Series)], snapshots);
    }

    public byte[] Write()
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        using (var writer = new BinaryWriter(gzip, Encoding.UTF8))
        {
            writer.Write(Mark);
            writer.Write(_series.Length);
            for (var i = 0; i < _series.Length; i++)
            {
                writer.Write(JsonSerializer.Serialize(_series[i], MessageJson.Options));
                writer.Write(_snapshots.AsSpan(i * SeriesWindow.SnapshotBytes, SeriesWindow.SnapshotBytes));
            }
        }
        return buffer.ToArray();
    }

    /// <summary>Fills a shard; one that cannot be read leaves it as it was.</summary>
    /// <exception cref="InvalidDataException">Not a checkpoint of the version that this build reads.</exception>
    public static void Read(byte[] content, Shard shard, DateTimeOffset now)
    {
        List<(SeriesIdentity Series, SeriesWindow Window)> read;
        try
        {
            read = Read(content);
        }
        catch (Exception e) when (e is not (InvalidDataException or OutOfMemoryException))
        {
            throw new InvalidDataException($"window checkpoint: {e.Message}", e);
        }
        foreach (var (series, window) in read)
            shard.Add(series, window, now);
    }

    private static List<(SeriesIdentity Series, SeriesWindow Window)> Read(byte[] content)
    {
        using var gzip = new GZipStream(new MemoryStream(content), CompressionMode.Decompress);
        using var reader = new BinaryReader(gzip, Encoding.UTF8);
        var mark = reader.ReadBytes(Mark.Length);
        if (!mark.AsSpan().SequenceEqual(Mark))
            throw new InvalidDataException(
                $"window checkpoint: mark 0x{(mark.Length == 4 ? BinaryPrimitives.ReadInt32LittleEndian(mark) : 0):x8} is not AWC2"
            );
        List<(SeriesIdentity, SeriesWindow)> read = [];
        var count = reader.ReadInt32();
        if (count < 0)
            throw new InvalidDataException($"window checkpoint: {count} series");
        for (; count > 0; count--)
            read.Add((Identity(reader), SeriesWindow.Read(reader.ReadBytes(SeriesWindow.SnapshotBytes))));
        return read;
    }

    private static SeriesIdentity Identity(BinaryReader reader)
    {
        var length = reader.Read7BitEncodedInt();
        if (length is < 0 or > MaxIdentityBytes)
            throw new InvalidDataException($"window checkpoint: an identity of {length} bytes");
        var json = reader.ReadBytes(length);
        return json.Length == length ? JsonMessage.Read<SeriesIdentity>(json) : throw new EndOfStreamException("it ends in an identity");
    }
}
