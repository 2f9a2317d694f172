using System.IO.Compression;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Core.Tests.Windows;

public class SeriesWindowSnapshotTests
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Windows", "Golden", "series-window-v1.bin.br");

    [Fact]
    public void Write_Version1_IsTheGoldenFile()
    {
        var bytes = Bytes(Example());
        var expected = GoldenBytes();

        Assert.Equal(expected.Length, bytes.Length);
        // Running statistics may differ in their last bits between CPUs, so the layout is compared with the floats of the rings only.
        Assert.Equal(expected.AsSpan(0, 4), bytes.AsSpan(0, 4));
        Assert.Equal(expected.AsSpan(^(1056 + 2780)), bytes.AsSpan(^(1056 + 2780)));
    }

    [Fact]
    public void Read_Version1GoldenFile_GoesOnLikeTheOriginal()
    {
        var restored = SeriesWindow.Read(GoldenBytes());
        var original = Example();

        Assert.Equal(original.Latest, restored.Latest);
        Assert.Equal(original.Step, restored.Step);
        Assert.Equal(original.Reason, restored.Reason);
        Assert.Equal(original.Exponential[2].Mean, restored.Exponential[2].Mean, 1e-9);
        Assert.Equal(original.Exponential[2].Mass, restored.Exponential[2].Mass, 1e-9);
        Assert.Equal(original.CusumUp, restored.CusumUp, 1e-4);
        Assert.Equal((double)original.Slow.Scale, restored.Slow.Scale, 1e-4);
        Assert.Equal((double)original.Slow.FlatRun, (double)restored.Slow.FlatRun, 1e-3);
        Assert.Equal(original.Slow.Has, restored.Slow.Has);
        Assert.True(restored.Coarse.TryGet(CoarseRing.SlotOf(SampleSeries.Start) - 96, out _));
    }

    [Fact]
    public void Read_WhatWasWritten_WritesTheSameBytes()
    {
        var bytes = Bytes(Example());

        Assert.Equal(bytes, Bytes(SeriesWindow.Read(bytes)));
        Assert.NotEqual(0, bytes[^1] | bytes[^8] | bytes[^16]);
    }

    [Fact]
    public void Write_TakesAtMost4KiBOfState() => Assert.InRange(SeriesWindow.SnapshotBytes, 4000, 4096);

    [Fact]
    public void Read_UnknownVersion_IsRefusedByName()
    {
        var bytes = Bytes(Example());
        bytes[3] = 9;

        var error = Assert.Throws<InvalidDataException>(() => SeriesWindow.Read(bytes));

        Assert.Equal("series window snapshot of version 9; this build reads version 1", error.Message);
    }

    [Fact]
    public void Read_Truncated_IsRefused() => Assert.Throws<InvalidDataException>(() => SeriesWindow.Read(Bytes(Example()).AsSpan(0, 100)));

    [Fact]
    public void Read_SomethingElse_IsRefused() => Assert.Throws<InvalidDataException>(() => SeriesWindow.Read(new byte[SeriesWindow.SnapshotBytes]));

    private static SeriesWindow Example()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        // Plain decimal steps: no library function whose last bit could differ between machines.
        for (var i = 0; i < 7 * 96; i++)
            window.LoadHistory([new(SampleSeries.Start.AddMinutes(15 * (i - 7 * 96)), 10 + i % 96 * 0.25)]);
        for (var i = 0; i < 400; i++)
            if (i % 31 != 0)
                window.Append(SampleSeries.At(i, 12 + i * 37 % 19 * 0.5));
        return window;
    }

    private static byte[] Bytes(SeriesWindow window)
    {
        var bytes = new byte[SeriesWindow.SnapshotBytes];
        window.Write(bytes);
        return bytes;
    }

    private static byte[] GoldenBytes()
    {
        using var file = new BrotliStream(File.OpenRead(Golden), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }
}
