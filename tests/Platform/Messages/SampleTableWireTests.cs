using CsCheck;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Platform.Tests.Messages;

public class SampleTableWireTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(15);
    private static readonly DetectionRule Above = new(DetectionDirection.AboveExpected, 0.02, 0.1);
    private static readonly WatchedSeries Memory = Series("memory", SignalKind.Memory, "bytes", "w", DetectionRule.Any);
    private static readonly WatchedSeries Cpu = Series("cpu", SignalKind.Cpu, "cores", "w", Above);

    [Fact]
    public void FromBytes_WhatWasWritten_IsTheSameWithinFloatPrecision() =>
        Gen.Double[-1e11, 1e11]
            .Array[1, 50]
            .Sample(values =>
            {
                var table = new SampleTable(Start, Step, values.Length, [Cpu, Memory], [.. values, .. values.Reverse()]);

                var read = SampleTableWire.FromBytes(SampleTableWire.ToBytes(table));

                Assert.Equal((table.Start, table.Step, table.Columns), (read.Start, read.Step, read.Columns));
                Assert.Equal([Cpu, Memory], read.Series);
                for (var i = 0; i < values.Length; i++)
                    Assert.Equal(values[^(i + 1)], read[1, i], 2e11 * 1.2e-7);
            });

    [Fact]
    public void FromBytes_OneColumn_IsExact() =>
        Gen
            .Double.Where(double.IsFinite)
            .Sample(value =>
            {
                var read = SampleTableWire.FromBytes(SampleTableWire.ToBytes(new(Start, Step, 1, [Cpu], [value])));
                Assert.Equal(value, read[0, 0]);
            });

    [Fact]
    public void FromBytes_MissingSample_StaysMissing()
    {
        var read = SampleTableWire.FromBytes(SampleTableWire.ToBytes(new(Start, Step, 3, [Cpu], [double.NaN, 0.25, double.NaN])));
        Assert.Equal([double.NaN, 0.25, double.NaN], read.Row(0).ToArray());
    }

    [Fact]
    public void ToBytes_ManySeriesOfOneWorkload_TellEachWordOnce()
    {
        WatchedSeries[] series =
        [
            .. Enumerable.Range(0, 100).Select(i => Series($"q{i % 5}", SignalKind.Cpu, "cores", $"workload-with-a-long-name-{i / 5}", Above)),
        ];
        var bytes = SampleTableWire.ToBytes(new(Start, Step, 1, series, new double[100]));
        Assert.InRange(bytes.Length / 100, 1, 40);
    }

    [Theory]
    [InlineData("<html></html>", "sample table: ")]
    [InlineData("", "sample table: a step of 0 ms is not above 0")]
    public void FromBytes_SomethingElse_IsRefused(string content, string reason)
    {
        var e = Assert.Throws<MessageException>(() => SampleTableWire.FromBytes(System.Text.Encoding.UTF8.GetBytes(content)));
        Assert.StartsWith(reason, e.Message);
    }

    [Fact]
    public void FromBytes_AnyCutOrChangedContent_IsRefusedOrRead()
    {
        var bytes = SampleTableWire.ToBytes(new(Start, Step, 2, [Cpu, Memory], [1, 2, 3, 4]));
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte, Gen.Int[0, bytes.Length])
            .Sample(
                (at, value, length) =>
                {
                    var changed = bytes.ToArray();
                    changed[at] = value;
                    try
                    {
                        SampleTableWire.FromBytes(changed.AsSpan(0, length));
                    }
                    catch (MessageException e)
                    {
                        Assert.NotEmpty(e.Message);
                    }
                }
            );
    }

    private static WatchedSeries Series(string name, SignalKind kind, string unit, string workload, DetectionRule rule) =>
        new(new SeriesIdentity(name, kind, unit, new([new("namespace", "n"), new("workload", workload)])), rule);
}
