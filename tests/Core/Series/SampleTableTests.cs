using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Series;

public class SampleTableTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(15);
    private static readonly WatchedSeries A = Watched("a");
    private static readonly WatchedSeries B = Watched("b");
    private static readonly WatchedSeries C = Watched("c");
    private static readonly double[] Values = [1, 2, 3, double.NaN, double.NaN, 6, double.NaN, 8, double.NaN];

    [Fact]
    public void Row_OfASeries_IsItsValuesInTime()
    {
        var table = new SampleTable(Start, Step, 3, [A, B, C], Values);
        Assert.Equal([1, 2, 3], table.Row(0).ToArray());
        Assert.Equal(8, table[2, 1]);
        Assert.Equal(Start + (2 * Step), table.TimeOf(2));
        Assert.Equal(5, table.SampleCount);
    }

    [Fact]
    public void Slice_RowsWithoutASample_AreLeftOut()
    {
        var slice = new SampleTable(Start, Step, 3, [A, B, C], Values).Slice([0, 1, 2], column: 1, columns: 1);
        Assert.Equal([A, C], slice.Series);
        Assert.Equal(Start + Step, slice.Start);
        Assert.Equal((2.0, 8.0), (slice[0, 0], slice[1, 0]));
    }

    [Fact]
    public void Slice_OfChosenRows_KeepsTheirOrder()
    {
        var slice = new SampleTable(Start, Step, 3, [A, B, C], Values).Slice([2, 0], column: 0, columns: 3);
        Assert.Equal([C, A], slice.Series);
        Assert.Equal([double.NaN, 8, double.NaN], slice.Row(0).ToArray());
    }

    [Fact]
    public void New_ValuesThatDoNotFit_AreRefused() =>
        Assert.Contains(
            "5 values in a table of 2 series and 3 columns",
            Assert.Throws<ArgumentException>(() => new SampleTable(Start, Step, 3, [A, B], new double[5])).Message
        );

    [Fact]
    public void New_StepOfZero_IsRefused() => Assert.Throws<ArgumentException>(() => new SampleTable(Start, TimeSpan.Zero, 0, [], []));

    private static WatchedSeries Watched(string workload) =>
        new(new SeriesIdentity("cpu", SignalKind.Cpu, "cores", new([new("workload", workload)])), DetectionRule.Any);
}
