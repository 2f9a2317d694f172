using CsCheck;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Core.Tests.Windows;

/// <summary>A window whose newest samples lie in the future of the clock.</summary>
public class SeriesWindowRewindTests
{
    [Fact]
    public void Rewind_ByAFewSteps_KeepsWhatCameBefore()
    {
        var window = Filled(300);

        Assert.True(window.Rewind(SampleSeries.At(289, 0).Timestamp.AddSeconds(7)));

        Assert.Equal(SampleSeries.At(289, 0).Timestamp, window.Latest!.Value.Timestamp);
        Assert.Equal(SeriesWindow.Capacity - 10, window.Count);
        Assert.Equal(AppendResult.Appended, window.Append(SampleSeries.At(290, 5)));
        Assert.Equal(AppendResult.Duplicate, window.Append(SampleSeries.At(289, 5)));
        Assert.Equal(SeriesState.Ok, window.State);
    }

    [Fact]
    public void Rewind_ToBeforeAllItHolds_SaysThatNothingIsLeft()
    {
        var window = Filled(20);
        window.Append(new(new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero), 1));
        Assert.False(window.Rewind(SampleSeries.At(20, 0).Timestamp));
    }

    [Fact]
    public void Rewind_ToTheFuture_ChangesNothing()
    {
        var window = Filled(20);
        var before = Bytes(window);
        Assert.True(window.Rewind(SampleSeries.At(19, 0).Timestamp));
        Assert.Equal(before, Bytes(window));
    }

    [Fact]
    public void Rewind_OverQuartersOfAnHour_ForgetsTheirMeans()
    {
        var window = Filled(240);
        var slot = CoarseRing.SlotOf(SampleSeries.At(70, 0).Timestamp);
        Assert.True(window.Coarse.TryGet(slot, out _));
        Assert.True(window.Rewind(SampleSeries.At(75, 0).Timestamp));
        Assert.False(window.Coarse.TryGet(slot, out _));
    }

    [Fact]
    public void Rewind_ToAnyTime_LeavesAWindowThatIsReadAgainAndGoesOn() =>
        Gen.Select(Gen.Int[1, 600], Gen.Int[-10, 620], Gen.Int[2, 9])
            .Sample(
                (count, to, hole) =>
                {
                    var window = new SeriesWindow(SampleSeries.Step);
                    for (var i = 0; i < count; i++)
                        if (i % hole != 1)
                            window.Append(SampleSeries.At(i, i % 13));
                    if (!window.Rewind(SampleSeries.At(to, 0).Timestamp))
                        return;
                    Assert.True(window.Latest!.Value.Timestamp <= SampleSeries.At(Math.Max(to, 0), 0).Timestamp || to >= count - 1);
                    var again = SeriesWindow.Read(Bytes(window));
                    Assert.Equal(AppendResult.Appended, again.Append(SampleSeries.At(Math.Min(to + 1, count), 1)));
                }
            );

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e31)]
    [InlineData(-1e300)]
    [InlineData(double.MaxValue)]
    public void Append_WhatIsNoMeasurement_ChangesNothing(double value)
    {
        var window = Filled(20);
        var before = Bytes(window);
        Assert.Equal(AppendResult.NotFinite, window.Append(SampleSeries.At(20, value)));
        Assert.Equal(before, Bytes(window));
    }

    [Fact]
    public void Append_TheLargestValuesThereAre_LeavesNumbersOnly()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        for (var i = 0; i < 400; i++)
            window.Append(SampleSeries.At(i, (i % 2 == 0 ? 1 : -1) * Sample.MaxMagnitude));
        Assert.True(double.IsFinite(window.LongRunScale));
        Assert.True(float.IsFinite(window.Slow.Scale) && float.IsFinite(window.Slow.Change1));
        Assert.NotNull(SeriesWindow.Read(Bytes(window)));
    }

    [Fact]
    public void Read_AnyDamagedSnapshot_IsRefusedOrGoesOn()
    {
        var bytes = Bytes(Filled(300));
        Gen.Select(Gen.Int[4, 160], Gen.Byte)
            .Sample(
                (at, value) =>
                {
                    var damaged = bytes.ToArray();
                    damaged[at] = value;
                    try
                    {
                        var window = SeriesWindow.Read(damaged);
                        _ = (window.Latest, window.Count, window.State, window.Reason);
                        window.Append(new(window.Latest!.Value.Timestamp + window.Step, 3));
                        window.Rewind(SampleSeries.At(100, 0).Timestamp);
                    }
                    catch (InvalidDataException e)
                    {
                        Assert.StartsWith("series window snapshot", e.Message);
                    }
                },
                iter: 5_000
            );
    }

    private static SeriesWindow Filled(int count)
    {
        var window = new SeriesWindow(SampleSeries.Step);
        for (var i = 0; i < count; i++)
            window.Append(SampleSeries.At(i, i % 13));
        return window;
    }

    private static byte[] Bytes(SeriesWindow window)
    {
        var bytes = new byte[SeriesWindow.SnapshotBytes];
        window.Write(bytes);
        return bytes;
    }
}
