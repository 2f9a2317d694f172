using System.IO.Compression;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Configuration;

namespace Dapr.Anomaly.Contracts.Tests.Golden;

/// <summary>The checkpoint of a shard's windows. Compression may differ between releases of .NET, so the content is compared.</summary>
public class WindowCheckpointTests
{
    private static readonly DateTimeOffset At = Examples.Time.AddHours(1);

    private const string Name = "window-checkpoint.awc2.bin";

    [Fact]
    public void Read_GoldenFile_HasTheSeriesAndTheirSamples()
    {
        var written = WindowCheckpoint.Of(Example()).Write();
        GoldenFile.WriteIfWanted(Name, written);
        var shard = new Shard(0, SeriesLimits.Default);

        WindowCheckpoint.Read(GoldenFile.Read(Name), shard, At);

        Assert.Equal(2, shard.Count);
        foreach (var expected in Example().Series)
        {
            var tracked = shard.Find(expected.Series.Id);
            Assert.Equal(expected.Series, tracked?.Series);
            Assert.Equal(expected.Window.Step, tracked!.Window.Step);
            Assert.Equal(expected.Window.Latest, tracked.Window.Latest);
            Assert.Equal(expected.Window.Count, tracked.Window.Count);
            Assert.Equal(expected.Window.Reason, tracked.Window.Reason);
        }
    }

    [Fact]
    public void Write_WhatTheGoldenFileHolds_IsTheGoldenFile()
    {
        var golden = GoldenFile.Read(Name);
        var shard = new Shard(0, SeriesLimits.Default);
        WindowCheckpoint.Read(golden, shard, At);

        var written = Unpack(WindowCheckpoint.Of(shard).Write());

        Assert.Equal("AWC2"u8, written.AsSpan(0, 4));
        // A shard has no order: the same series with the same windows, in any.
        Assert.Equal(Unpack(golden).Length, written.Length);
        foreach (var tracked in shard.Series)
        {
            var snapshot = new byte[SeriesWindow.SnapshotBytes];
            tracked.Window.Write(snapshot);
            Assert.NotEqual(-1, Unpack(golden).AsSpan().IndexOf(snapshot));
            Assert.NotEqual(-1, written.AsSpan().IndexOf(snapshot));
        }
    }

    private static Shard Example()
    {
        var shard = new Shard(0, SeriesLimits.Default);
        foreach (var (series, scale) in (ReadOnlySpan<(SeriesIdentity, double)>)[(Examples.Cpu, 1), (Examples.Memory, 1_048_576)])
        {
            var window = new SeriesWindow(TimeSpan.FromSeconds(15));
            for (var i = 0; i < 80; i++)
                if (i != 40)
                    window.Append(new(Examples.Time.AddSeconds(15 * i), scale * (1 + (i % 8 / 8.0))));
            shard.Add(series, window, At);
        }
        return shard;
    }

    private static byte[] Unpack(byte[] content)
    {
        using var gzip = new GZipStream(new MemoryStream(content), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        gzip.CopyTo(unpacked);
        return unpacked.ToArray();
    }
}
