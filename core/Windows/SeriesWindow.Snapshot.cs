using Dapr.Anomaly.Core.Numerics;

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
    /// <exception cref="InvalidDataException">Too short, not a snapshot, or of a version that this build does not know.</exception>
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
        if (step <= TimeSpan.Zero || step > MaxStep)
            throw new InvalidDataException($"series window snapshot with a step of {step}; a step is above 0 and at most 15 minutes");
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
        return window;
    }
}
