using CsCheck;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Platform.Tests.Messages;

public class HistoryFrameTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Read_WhatWasWritten_IsTheSameWithinFloatPrecision() =>
        Gen.Double[-1e11, 1e11]
            .Array[0, 50]
            .Sample(values =>
            {
                var series = new SeriesIdentity("memory", SignalKind.Memory, "bytes", new([new("namespace", "n"), new("workload", "w")]));
                var frame = new HistoryFrame(
                    Start,
                    TimeSpan.FromSeconds(15),
                    values.Length,
                    [new(series, values), new(series with { Name = "other" }, values)]
                );

                var read = HistoryFrame.Read(frame.Write());

                Assert.Equal(frame.Start, read.Start);
                Assert.Equal(frame.Step, read.Step);
                Assert.Equal([series.Id, SeriesId.Of("other", series.Labels)], read.Series.Select(s => s.Series.Id));
                for (var i = 0; i < values.Length; i++)
                    Assert.Equal(values[i], read.Series[1].Values[i], 2e11 * 1.2e-7);
            });

    [Fact]
    public void Read_MissingSample_StaysMissing()
    {
        var series = new SeriesIdentity("cpu", SignalKind.Cpu, "cores", Labels.Empty);
        var read = HistoryFrame.Read(new HistoryFrame(Start, TimeSpan.FromSeconds(15), 3, [new(series, [double.NaN, 0.25, double.NaN])]).Write());
        Assert.Equal([double.NaN, 0.25, double.NaN], read.Series[0].Values);
    }

    [Fact]
    public void Read_CutContent_SaysWhatIsMissing()
    {
        var series = new SeriesIdentity("cpu", SignalKind.Cpu, "cores", Labels.Empty);
        var bytes = new HistoryFrame(Start, TimeSpan.FromSeconds(15), 3, [new(series, [1, 2, 3])]).Write();

        var e = Assert.Throws<FormatException>(() => HistoryFrame.Read(bytes.AsSpan()[..^1]));

        Assert.Contains("19 bytes of values, 1 series of 3 need 20", e.Message);
    }

    [Fact]
    public void Read_SomethingElse_IsRefused() => Assert.Throws<FormatException>(() => HistoryFrame.Read("<html></html>"u8));
}
