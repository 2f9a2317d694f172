using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Windows;

/// <summary>
/// What is too dear to compute at each sample: order statistics, spectrum, autocorrelations. Recomputed when the step index enters a new block of 16,
/// when a new 15-minute slot begins and after back-fill, so it depends on the samples only and never on who asks.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct SlowStatistics
{
    internal const int BlockShift = 4;
    internal const int LongSteps = 240;

    private const int MaxFilledHole = 3;
    private const int SlotsOfDayNeeded = 6;

    /// <summary>First bin of each band of the 256-point spectrum, and the end: periods from 85, 64, 28, 12 and 4.8 steps down.</summary>
    private static readonly int[] BandEdges = [1, 4, 9, 21, 53, Spectrum.Bins];

    internal float Median,
        Scale,
        IqrRatio;
    internal float Change1,
        Change5,
        Change15;
    internal float DayMin,
        DayMax,
        SlotMedian,
        SlotScale;

    // Shares and correlations: three digits are enough, and keep the window within 4 KB.
    internal Half Acf1,
        Acf5,
        Acf60;
    internal Half Band0,
        Band1,
        Band2,
        Band3,
        Band4,
        Entropy,
        DominantShare;
    internal Half ZeroFraction,
        FlatRun;
    internal Known Has;

    [Flags]
    internal enum Known : uint
    {
        Nothing = 0,
        Level = 1,
        Change1 = 2,
        Change5 = 4,
        Change15 = 8,
        Spectrum = 16,
        Correlation = 32,
        Day = 64,
        SlotOfDay = 128,
    }

    internal static SlowStatistics Of(
        in FineRing fine,
        in CoarseRing coarse,
        long newest,
        long runStart,
        long slot,
        double offset,
        double stepSeconds,
        double floor
    )
    {
        var slow = default(SlowStatistics);
        Span<double> values = stackalloc double[FineRing.Capacity];
        var steps = SeriesWindow.StepsIn(TimeSpan.FromHours(1), stepSeconds);
        var first = Math.Max(newest - steps + 1, runStart);
        var count = fine.CopyPresent(first, newest, values);
        if (2 * count >= steps)
            slow.Level(values[..count], offset, floor);
        slow.Changes(fine, newest, runStart, steps, stepSeconds, floor);
        slow.Rhythm(fine, newest, runStart);
        slow.Seasons(coarse, slot);
        return slow;
    }

    private void Level(Span<double> values, double offset, double floor)
    {
        int zeros = 0,
            run = 0,
            longest = 0;
        var previous = double.NaN;
        // A value is zero when float32(0 − offset) is what the ring holds.
        double zero = (float)-offset;
        foreach (var value in values)
        {
            if (value == zero)
                zeros++;
            run = value == previous ? run + 1 : 1;
            longest = Math.Max(longest, run);
            previous = value;
        }
        ZeroFraction = (Half)(zeros / (double)values.Length);
        FlatRun = (Half)(longest / (double)values.Length);
        var std = Moments.Of(values).Std;
        var median = OrderStatistics.Median(values);
        var iqr = OrderStatistics.Quantile(values, 0.75) - OrderStatistics.Quantile(values, 0.25);
        var mad = OrderStatistics.MedianAbsoluteDeviation(values, median);
        Median = (float)median;
        Scale = (float)Math.Max(Math.Max(OrderStatistics.MadToSigma * mad, 0.3 * std), floor);
        IqrRatio = std > 0 ? (float)(iqr / (1.349 * std)) : 1;
        Has |= Known.Level;
    }

    private void Changes(in FineRing fine, long newest, long runStart, int steps, double stepSeconds, double floor)
    {
        if (Change(fine, newest, runStart, steps, SeriesWindow.LagSteps(60, stepSeconds), floor, out Change1))
            Has |= Known.Change1;
        if (Change(fine, newest, runStart, steps, SeriesWindow.LagSteps(300, stepSeconds), floor, out Change5))
            Has |= Known.Change5;
        if (Change(fine, newest, runStart, steps, SeriesWindow.LagSteps(900, stepSeconds), floor, out Change15))
            Has |= Known.Change15;
    }

    /// <summary>Scale of x(t) − x(t − lag) over the window: median of its size times 1.4826, at least 0.3 of its root mean square.</summary>
    private static bool Change(in FineRing fine, long newest, long runStart, int steps, int lag, double floor, out float scale)
    {
        scale = 0;
        if (lag == 0)
            return false;
        Span<double> sizes = stackalloc double[FineRing.Capacity];
        var first = Math.Max(newest - steps + 1, runStart) + lag;
        var count = 0;
        for (var index = first; index <= newest; index++)
            if (fine.Has(index) && fine.Has(index - lag))
                sizes[count++] = Math.Abs((double)fine[index] - fine[index - lag]);
        if (2 * count < steps - lag || count < 2)
            return false;
        sizes = sizes[..count];
        var rms = Math.Sqrt(TensorPrimitives.SumOfSquares<double>(sizes) / count);
        scale = (float)Math.Max(Math.Max(OrderStatistics.MadToSigma * OrderStatistics.Median(sizes), 0.3 * rms), floor);
        return true;
    }

    /// <summary>
    /// Spectrum and autocorrelations of the newest stretch of at most 240 steps without a hole longer than three steps, at least half of that.
    /// </summary>
    private void Rhythm(in FineRing fine, long newest, long runStart)
    {
        Span<double> buffer = stackalloc double[LongSteps];
        var values = TrailingRun(fine, newest, Math.Max(newest - LongSteps + 1, runStart), buffer);
        if (2 * values.Length < LongSteps)
            return;
        Span<double> power = stackalloc double[Spectrum.Bins];
        Spectrum.Power(values, power);
        Shares(power);
        Has |= Known.Spectrum | Known.Correlation;

        TensorPrimitives.Subtract(values, TensorPrimitives.Sum<double>(values) / values.Length, values);
        var squares = TensorPrimitives.SumOfSquares<double>(values);
        Acf1 = (Half)Autocorrelation.At(values, squares, 1);
        Acf5 = (Half)Autocorrelation.At(values, squares, 5);
        Acf60 = (Half)Autocorrelation.At(values, squares, 60);
    }

    /// <summary>Fills holes of up to three steps by a straight line; starts after the newest longer hole.</summary>
    private static Span<double> TrailingRun(in FineRing fine, long newest, long first, Span<double> buffer)
    {
        var start = buffer.Length;
        var hole = 0;
        for (var index = newest; index >= first; index--)
        {
            if (!fine.Has(index))
            {
                if (++hole > MaxFilledHole)
                    break;
                continue;
            }
            double value = fine[index];
            if (hole > 0)
            {
                var after = buffer[start];
                for (var k = 1; k <= hole; k++)
                    buffer[--start] = after + (value - after) * k / (hole + 1);
                hole = 0;
            }
            buffer[--start] = value;
        }
        return buffer[start..];
    }

    private void Shares(ReadOnlySpan<double> power)
    {
        var total = TensorPrimitives.Sum(power[1..]);
        if (total <= 0)
            return;
        Band0 = Share(power, 0, total);
        Band1 = Share(power, 1, total);
        Band2 = Share(power, 2, total);
        Band3 = Share(power, 3, total);
        Band4 = Share(power, 4, total);
        double entropy = 0,
            strongest = 0;
        foreach (var bin in power[1..])
        {
            var share = bin / total;
            strongest = Math.Max(strongest, share);
            if (share > 0)
                entropy -= share * Math.Log(share);
        }
        Entropy = (Half)(entropy / Math.Log(Spectrum.Bins - 1));
        DominantShare = (Half)strongest;
    }

    private static Half Share(ReadOnlySpan<double> power, int band, double total) =>
        (Half)(TensorPrimitives.Sum(power[BandEdges[band]..BandEdges[band + 1]]) / total);

    private void Seasons(in CoarseRing coarse, long slot)
    {
        Span<double> values = stackalloc double[CoarseRing.SlotsPerDay];
        var count = coarse.CopyPresent(slot - CoarseRing.SlotsPerDay, slot - 1, values);
        if (2 * count >= CoarseRing.SlotsPerDay)
        {
            var day = values[..count];
            DayMin = (float)TensorPrimitives.Min<double>(day);
            DayMax = (float)TensorPrimitives.Max<double>(day);
            Has |= Known.Day;
        }
        count = 0;
        for (var back = 1; back <= 7; back++)
        {
            var same = slot - back * CoarseRing.SlotsPerDay;
            count += coarse.CopyPresent(same - 1, same + 1, values[count..]);
        }
        if (count < SlotsOfDayNeeded)
            return;
        var around = values[..count];
        var std = Moments.Of(around).Std;
        var median = OrderStatistics.Median(around);
        SlotMedian = (float)median;
        SlotScale = (float)Math.Max(OrderStatistics.MadToSigma * OrderStatistics.MedianAbsoluteDeviation(around, median), 0.3 * std);
        Has |= Known.SlotOfDay;
    }
}
