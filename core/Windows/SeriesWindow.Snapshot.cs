using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Windows;

public sealed partial class SeriesWindow
{
    /// <summary>Version that <see cref="Write"/> writes and <see cref="Read"/> reads.</summary>
    public const byte SnapshotVersion = 1;

    /// <summary>Bytes of a snapshot: the mark "DAW", the version, and 4,069 bytes of state. Pack many into one compressed blob.</summary>
    public const int SnapshotBytes = 4 + 4069;

    private static ReadOnlySpan<byte> Mark => "DAW"u8;

    /// <summary>Writes the whole state, little-endian; <see cref="Read"/> gives a window that goes on bit for bit.</summary>
    /// <param name="target">At least <see cref="SnapshotBytes"/> bytes.</param>
    public void Write(Span<byte> target)
    {
        var writer = new SnapshotWriter(target[..SnapshotBytes]);
        writer.Put(Mark);
        writer.Put(SnapshotVersion);
        writer.Put(Step.Ticks);
        writer.Put(_anchorTicks);
        writer.Put(_newestTicks);
        writer.Put(_newest);
        writer.Put(_runStart);
        writer.Put(_coarse.Newest);
        writer.Put(_offset);
        writer.Put(_slotSum);
        writer.Put(_slotCount);
        writer.Put(_flatRun);
        writer.Put(_cusumUp);
        writer.Put(_cusumDown);
        writer.Put(_deviations.Known);
        for (var i = 0; i < Averages.Count; i++)
            writer.Put(_deviations[i]);
        foreach (ref readonly var average in (ReadOnlySpan<ExponentialMoments>)_averages)
        {
            writer.Put(average.Mean);
            writer.Put(average.Variance);
            writer.Put(average.Mass);
        }
        writer.Put(_slow);
        writer.Put<float>(_fine.Values);
        writer.Put<ulong>(_fine.Present);
        writer.Put<float>(_coarse.Means);
        writer.Put<ulong>(_coarse.Present);
        System.Diagnostics.Debug.Assert(writer.IsFull, "SnapshotBytes disagrees with what Write puts");
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">Too short, not a snapshot, of a version that this build does not know, or with a content that no
    /// samples could have given.</exception>
    public static SeriesWindow Read(ReadOnlySpan<byte> source)
    {
        if (source.Length < 4 || !source[..3].SequenceEqual(Mark))
            throw new InvalidDataException("not a series window snapshot: it does not begin with \"DAW\"");
        if (source[3] != SnapshotVersion)
            throw new InvalidDataException($"series window snapshot of version {source[3]}; this build reads version {SnapshotVersion}");
        if (source.Length < SnapshotBytes)
            throw new InvalidDataException($"series window snapshot of {source.Length} bytes; version {SnapshotVersion} has {SnapshotBytes}");
        var reader = new SnapshotReader(source[4..SnapshotBytes]);
        var step = new TimeSpan(reader.Take<long>());
        if (step < TimeGrid.MinStep || step > TimeGrid.MaxStep)
            throw new InvalidDataException($"series window snapshot with a step of {step}; a step is at least 1 ms and at most 15 minutes");
        var window = new SeriesWindow(step)
        {
            _anchorTicks = reader.Take<long>(),
            _newestTicks = reader.Take<long>(),
            _newest = reader.Take<long>(),
            _runStart = reader.Take<long>(),
        };
        window._coarse.Newest = reader.Take<long>();
        window._offset = reader.Take<double>();
        window._slotSum = reader.Take<double>();
        window._slotCount = reader.Take<int>();
        window._flatRun = reader.Take<int>();
        window._cusumUp = reader.Take<float>();
        window._cusumDown = reader.Take<float>();
        window._slot = window._newest < 0 ? -1 : window._newestTicks / CoarseRing.Slot.Ticks;
        var known = reader.Take<byte>();
        for (var i = 0; i < Averages.Count; i++)
        {
            var score = reader.Take<float>();
            if ((known >> i & 1) != 0)
                window._deviations.Set(i, score);
        }
        foreach (ref var average in (Span<ExponentialMoments>)window._averages)
            average = ExponentialMoments.Restore(reader.Take<double>(), reader.Take<double>(), reader.Take<double>());
        window._slow = reader.Take<SlowStatistics>();
        reader.Take<float>(window._fine.Values);
        reader.Take<ulong>(window._fine.Present);
        reader.Take<float>(window._coarse.Means);
        reader.Take<ulong>(window._coarse.Present);
        return window.Impossible() is { } problem ? throw new InvalidDataException($"series window snapshot: {problem}") : window;
    }

    /// <summary>What no samples could have given, or null: a damaged snapshot would score nonsense, or throw at its next sample.</summary>
    private string? Impossible()
    {
        if (_newest < -1 || _runStart < 0 || _runStart > Math.Max(_newest, 0))
            return $"step {_newest} of a run from {_runStart}";
        if (_newest >= 0 && (!IsTime(_newestTicks) || !IsTime(_anchorTicks) || IndexOf(_newestTicks) != _newest || !_fine.Has(_newest)))
            return $"a newest sample at step {_newest} of a grid that does not have it";
        if (_coarse.Newest < -1 || _coarse.Newest >= CoarseRing.SlotOf(TimeGrid.EndOfTime))
            return $"a newest quarter of an hour of {_coarse.Newest}";
        if (_newest < 0 && _coarse.Newest < 0 ? !double.IsNaN(_offset) : !Sample.IsValue(_offset))
            return $"an offset of {_offset}";
        if (_slotCount < 0 || _flatRun < 0 || !double.IsFinite(_slotSum) || !IsCusum(_cusumUp) || !IsCusum(_cusumDown))
            return "running sums that are no numbers";
        foreach (ref readonly var average in (ReadOnlySpan<ExponentialMoments>)_averages)
            if (
                !double.IsFinite(average.Mean)
                || !(average.Variance >= 0)
                || !double.IsFinite(average.Variance)
                || average.Mass is not (>= 0 and <= double.MaxValue)
            )
                return "averages that are no numbers";
        if (_newest >= 0 && HasBadStep())
            return "a value that is no number";
        for (var slot = Math.Max(0, _coarse.Newest - CoarseRing.Capacity + 1); slot <= _coarse.Newest; slot++)
            if (_coarse.TryGet(slot, out var mean) && !IsRelative(mean))
                return "a mean that is no number";
        return null;
    }

    private bool HasBadStep()
    {
        for (var index = Math.Max(_runStart, _newest - Capacity + 1); index <= _newest; index++)
            if (_fine.Has(index) && !IsRelative(_fine[index]))
                return true;
        return false;
    }

    private static bool IsCusum(float sum) => sum is >= 0 and <= (float)CusumLimit;

    /// <summary>Two values that are as far apart as values can be.</summary>
    private static bool IsRelative(float value) => Math.Abs(value) <= 2.01 * Sample.MaxMagnitude;

    private static bool IsTime(long ticks) =>
        ticks is > 0 and < long.MaxValue && ticks <= DateTimeOffset.MaxValue.UtcTicks && TimeGrid.IsTime(new(ticks, TimeSpan.Zero));
}
