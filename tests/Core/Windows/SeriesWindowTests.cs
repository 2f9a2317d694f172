using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Core.Tests.Windows;

public class SeriesWindowTests
{
    [Fact]
    public void Append_NextStep_IsAppendedAndBecomesTheLatest()
    {
        var window = new SeriesWindow(SampleSeries.Step);

        Assert.Equal(AppendResult.Appended, window.Append(SampleSeries.At(0, 5)));
        Assert.Equal(AppendResult.Appended, window.Append(SampleSeries.At(1, 7)));

        Assert.Equal(SampleSeries.At(1, 7), window.Latest);
        Assert.Equal(2, window.Count);
    }

    [Fact]
    public void Append_JitterBelowHalfAStep_StaysOnTheGrid()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        window.Append(SampleSeries.At(0, 1));
        for (var i = 1; i < 100; i++)
        {
            var late = new Sample(SampleSeries.At(i, i).Timestamp + TimeSpan.FromSeconds(i % 2 == 0 ? 7 : -7), i);
            Assert.Equal(AppendResult.Appended, window.Append(late));
        }

        Assert.Equal(100, window.Count);
    }

    [Fact]
    public void Append_RedeliveredBatch_ChangesNothing()
    {
        var samples = SampleSeries.Wave(600, seed: 1);
        var once = new SeriesWindow(SampleSeries.Step);
        var twice = new SeriesWindow(SampleSeries.Step);
        foreach (var batch in samples.Chunk(50))
        {
            foreach (var sample in batch)
                once.Append(sample);
            foreach (var sample in batch)
                twice.Append(sample);
            foreach (var sample in batch)
                Assert.Equal(AppendResult.Duplicate, twice.Append(sample));
        }

        Assert.Equal(Bytes(once), Bytes(twice));
    }

    [Fact]
    public void Append_StepThatWasMissed_IsLateAndIgnored()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        window.Append(SampleSeries.At(0, 1));
        window.Append(SampleSeries.At(5, 1));
        var before = Bytes(window);

        Assert.Equal(AppendResult.Late, window.Append(SampleSeries.At(3, 9)));
        Assert.Equal(before, Bytes(window));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Append_NotFinite_IsRefusedAndCountsAsMissing(double value)
    {
        var window = new SeriesWindow(SampleSeries.Step);
        window.Append(SampleSeries.At(0, 1));

        Assert.Equal(AppendResult.NotFinite, window.Append(SampleSeries.At(1, value)));
        window.Append(SampleSeries.At(2, 1));

        Assert.Equal(2, window.Count);
    }

    [Fact]
    public void Append_GapLongerThanTheWindow_StartsAgainButKeepsTheWeek()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        window.LoadHistory(SampleSeries.History(seed: 2));
        foreach (var sample in SampleSeries.Wave(300, seed: 1))
            window.Append(sample);
        Assert.Equal(SeriesState.Ok, window.State);

        var result = window.Append(SampleSeries.At(300 + SeriesWindow.Capacity, 20));

        Assert.Equal(AppendResult.GapReset, result);
        Assert.Equal(1, window.Count);
        Assert.Equal(SeriesState.WarmingUp, window.State);
        Assert.True(window.Coarse.TryGet(CoarseRing.SlotOf(SampleSeries.Start) - 96, out _));
    }

    [Fact]
    public void Append_LongestGapThatFits_KeepsTheOldestSample()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        window.Append(SampleSeries.At(0, 3));

        Assert.Equal(AppendResult.Appended, window.Append(SampleSeries.At(SeriesWindow.Capacity - 1, 4)));
        Assert.Equal(2, window.Count);
    }

    [Fact]
    public void Append_BytesAt1e11_KeepTheirDigits()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        window.Append(SampleSeries.At(0, 1e11));
        window.Append(SampleSeries.At(1, 1e11 + 12345));

        Assert.Equal(1e11 + 12345, window.Latest!.Value.Value);
    }

    [Fact]
    public void State_GoesFromNoDataOverWarmingUpToOk()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        Assert.Equal(SeriesState.NoData, window.State);
        Assert.Equal("no sample yet", window.Reason);
        var samples = SampleSeries.Wave(120, seed: 3);
        for (var i = 0; i < 119; i++)
        {
            window.Append(samples[i]);
            Assert.Equal(SeriesState.WarmingUp, window.State);
        }
        Assert.Equal("119 of the 120 samples needed since 2026-03-02 09:07:03Z", window.Reason);

        window.Append(samples[119]);

        Assert.Equal(SeriesState.Ok, window.State);
    }

    [Fact]
    public void State_OneSampleInThree_IsSparse()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        for (var i = 0; i < 400; i++)
            window.Append(SampleSeries.At(3 * i, i % 7));

        Assert.Equal(SeriesState.Sparse, window.State);
        Assert.Equal("80 of the last 240 steps have a sample, half of them are needed", window.Reason);
    }

    [Fact]
    public void State_SameValueForAnHour_IsConstantUntilItChanges()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        for (var i = 0; i < 240; i++)
            window.Append(SampleSeries.At(i, 3));
        Assert.Equal(SeriesState.Constant, window.State);
        Assert.Equal("the last 240 samples are all 3", window.Reason);

        window.Append(SampleSeries.At(240, 4));

        Assert.Equal(SeriesState.Ok, window.State);
    }

    [Fact]
    public void StateAt_NewestSampleTooOld_IsNoData()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        foreach (var sample in SampleSeries.Wave(240, seed: 3))
            window.Append(sample);
        var newest = window.Latest!.Value.Timestamp;

        Assert.Equal(SeriesState.Ok, window.StateAt(newest.AddMinutes(5), TimeSpan.FromMinutes(5)).State);
        var (state, reason) = window.StateAt(newest.AddMinutes(6), TimeSpan.FromMinutes(5));

        Assert.Equal(SeriesState.NoData, state);
        Assert.Equal("the newest sample is from 2026-03-02 10:06:48Z, older than 300 s", reason);
    }

    [Fact]
    public void TryRecent_GivesTheWindowBeforeTheNewestSampleWithHolesFilled()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        for (var i = 0; i < 100; i++)
            if (i is not (90 or 91))
                window.Append(SampleSeries.At(i, i));
        var target = new float[60];

        Assert.True(window.TryRecent(target, skip: 1, longestHole: 3));

        Assert.Equal(Enumerable.Range(39, 60).Select(i => i is 90 or 91 ? 89f : i), target);
        Assert.False(window.TryRecent(target, skip: 1, longestHole: 1));
        Assert.False(window.TryRecent(new float[100], skip: 1, longestHole: 3));
    }

    [Fact]
    public void TryRecent_WithMarks_GivesTheGridAndItsFirstTime()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        for (var i = 0; i < 300; i++)
            if (i is < 200 or > 260)
                window.Append(SampleSeries.At(i, 1000 + i));
        var target = new float[120];
        var missing = new bool[120];

        Assert.True(window.TryRecent(target, missing, skip: 1, out var first));

        Assert.Equal(SampleSeries.At(179, 0).Timestamp, first);
        Assert.Equal(Enumerable.Range(179, 120).Select(i => i is >= 200 and <= 260), missing);
        Assert.Equal(Enumerable.Range(179, 120).Select(i => i is >= 200 and <= 260 ? 0f : i), target);
        Assert.Equal(1000, window.Offset);
        Assert.False(window.TryRecent(new float[256], new bool[256], skip: 1, out _));
    }

    [Fact]
    public void LongRunScale_IsKnownOnceHalfADayOfWeightIsSeen()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        window.Append(SampleSeries.At(0, 20));
        Assert.Equal(0, window.LongRunScale);

        window.LoadHistory(SampleSeries.History(seed: 4));

        // A sine of amplitude 5 has the standard deviation 5/√2.
        Assert.Equal(5 / Math.Sqrt(2), window.LongRunScale, 0.5);
    }

    [Fact]
    public void LoadHistory_FillsTheWeekAndIsIdempotent()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        var history = SampleSeries.History(seed: 4);

        Assert.Equal(7 * 96, window.LoadHistory(history));
        Assert.Equal(0, window.LoadHistory(history));

        var slot = CoarseRing.SlotOf(history[10].Timestamp);
        Assert.True(window.Coarse.TryGet(slot, out var mean));
        Assert.Equal(history[10].Value, window.Offset + mean, 1e-5);
    }

    [Fact]
    public void LoadHistory_AfterTheFirstSamples_LeavesTheRunningSlotAlone()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        var samples = SampleSeries.Wave(200, seed: 5);
        foreach (var sample in samples)
            window.Append(sample);
        var running = CoarseRing.SlotOf(samples[^1].Timestamp);

        window.LoadHistory([.. SampleSeries.History(seed: 4), new Sample(samples[^1].Timestamp, 1e6)]);

        Assert.False(window.Coarse.TryGet(running, out _));
        Assert.True(window.Coarse.TryGet(running - 96, out _));
    }

    [Fact]
    public void LoadHistory_OutOfOrder_IsRefusedByName()
    {
        var history = SampleSeries.History(seed: 4);
        Array.Reverse(history);

        var error = Assert.Throws<ArgumentException>(() => new SeriesWindow(SampleSeries.Step).LoadHistory(history));

        Assert.Contains("must be in time order", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Coarse_FinishedSlot_HoldsTheMeanOfItsSamples()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        var samples = SampleSeries.Wave(400, seed: 6);
        foreach (var sample in samples)
            window.Append(sample);

        var slot = CoarseRing.SlotOf(samples[200].Timestamp);
        Assert.True(window.Coarse.TryGet(slot, out var mean));
        Assert.Equal(samples.Where(s => CoarseRing.SlotOf(s.Timestamp) == slot).Average(s => s.Value), window.Offset + mean, 1e-5);
    }

    [Fact]
    public void Coarse_SlotWithFewerThanHalfOfItsSamples_IsMissing()
    {
        var window = new SeriesWindow(SampleSeries.Step);
        var samples = SampleSeries.Wave(400, seed: 6);
        var thin = CoarseRing.SlotOf(samples[60].Timestamp);
        foreach (var sample in samples.Where((s, i) => CoarseRing.SlotOf(s.Timestamp) != thin || i % 3 == 0))
            window.Append(sample);

        Assert.False(window.Coarse.TryGet(thin, out _));
        Assert.True(window.Coarse.TryGet(thin + 1, out _));
    }

    [Fact]
    public void Coarse_SlotThatLeftTheRing_IsForgottenAndNotItsSuccessor()
    {
        var ring = new CoarseRing();
        for (long slot = 5000; slot < 5000 + CoarseRing.Capacity + 1; slot++)
        {
            ring.AdvanceTo(slot);
            ring.Set(slot, slot);
        }

        Assert.False(ring.TryGet(5000, out _));
        Assert.True(ring.TryGet(5001, out var oldest));
        Assert.Equal(5001, oldest);
    }

    [Fact]
    public void LoadHistory_BeforeOrAfterTheSamples_WeighsItByItsAge()
    {
        var history = SampleSeries.Scaled(SampleSeries.History(seed: 4), 1, -20);
        var samples = SampleSeries.Wave(8 * 240, seed: 5);
        var before = new SeriesWindow(SampleSeries.Step);
        before.LoadHistory(history);
        var after = new SeriesWindow(SampleSeries.Step);
        foreach (var sample in samples)
        {
            before.Append(sample);
            after.Append(sample);
        }
        after.LoadHistory(history);

        // The age is counted in quarters of an hour when the samples came first: 1 % of the half-life.
        Assert.Equal(before.Offset + before.Exponential[2].Mean, after.Offset + after.Exponential[2].Mean, 0.1);
        Assert.Equal(before.LongRunScale, after.LongRunScale, 0.1);
        Assert.Equal(before.Exponential[2].Mass, after.Exponential[2].Mass, 0.01);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(901)]
    public void Step_OutsideItsRange_IsRefused(int seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SeriesWindow(TimeSpan.FromSeconds(seconds)));

    private static byte[] Bytes(SeriesWindow window)
    {
        var bytes = new byte[SeriesWindow.SnapshotBytes];
        window.Write(bytes);
        return bytes;
    }
}
