using System.Runtime.CompilerServices;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Windows;

/// <summary>
/// What is remembered of one series: the last 256 steps of a regular grid, 15-minute means of 7 days, and running statistics. About 4 KB. One owner
/// (a shard) at a time; not safe for concurrent use. Everything is a function of the samples appended, so training can replay what serving saw.
/// </summary>
/// <remarks>
/// Values are held as float32 after subtracting <see cref="Offset"/>, so bytes at 1e11 keep their digits. Missing is a mask bit, never NaN.
/// </remarks>
public sealed partial class SeriesWindow
{
    /// <summary>Steps held.</summary>
    public const int Capacity = FineRing.Capacity;

    /// <summary>A feature needs this share of its expected samples, else it is missing.</summary>
    internal const double MinimumMass = 0.5;

    internal const double ScoreLimit = 10;

    private const double CusumSlack = 0.5;
    private const double CusumLimit = 100;

    /// <summary>Differences below this share of the value are rounding, not behaviour.</summary>
    private const double Resolution = 1e-7;

    private static readonly TimeSpan[] HalfLives = [TimeSpan.FromMinutes(5), TimeSpan.FromHours(1), TimeSpan.FromDays(1)];

    private FineRing _fine = new();
    private CoarseRing _coarse = new();
    private SlowStatistics _slow;
    private Averages _averages;
    private EwmaDeviations _deviations;
    private float _cusumUp,
        _cusumDown;

    private double _offset = double.NaN;
    private long _anchorTicks;
    private long _newestTicks;
    private long _newest = -1;
    private long _runStart;
    private int _flatRun;

    private long _slot = -1;
    private double _slotSum;
    private int _slotCount;

    /// <param name="step">Distance of the grid, at least 1 ms and at most 15 minutes.</param>
    public SeriesWindow(TimeSpan step)
    {
        if (step < TimeGrid.MinStep || step > TimeGrid.MaxStep)
            throw new ArgumentOutOfRangeException(nameof(step), step, "the step of a window is at least 1 ms and at most 15 minutes");
        Step = step;
    }

    /// <summary>A window of 15-second steps.</summary>
    public SeriesWindow()
        : this(TimeSpan.FromSeconds(15)) { }

    public TimeSpan Step { get; }

    /// <summary>Subtracted from every value that the window holds; 0 before the first one.</summary>
    public double Offset => double.IsNaN(_offset) ? 0 : _offset;

    /// <summary>Steps of the window that have a value, 0 to 256.</summary>
    public int Count => _newest < 0 ? 0 : _fine.CountPresent(Math.Max(_newest - Capacity + 1, _runStart), _newest);

    /// <summary>The newest sample, at the precision of the window; null before the first one.</summary>
    public Sample? Latest => _newest < 0 ? null : new Sample(new(_newestTicks, TimeSpan.Zero), Offset + _fine[_newest]);

    /// <summary>Standard deviation with a half-life of a day, in the unit of the series; 0 until half of that is seen.</summary>
    public double LongRunScale => _averages[2].Mass >= MinimumMass ? _averages[2].Std : 0;

    internal ref readonly FineRing Fine => ref _fine;

    internal ref readonly CoarseRing Coarse => ref _coarse;

    internal ref readonly SlowStatistics Slow => ref _slow;

    internal ref readonly Averages Exponential => ref _averages;

    /// <summary>Scores of the newest value against the averages before it.</summary>
    internal ref readonly EwmaDeviations EwmaDeviations => ref _deviations;

    internal long NewestIndex => _newest;

    internal long RunStart => _runStart;

    internal long NewestTicks => _newestTicks;

    internal float CusumUp => _cusumUp;

    internal float CusumDown => _cusumDown;

    internal double StepSeconds => Step.TotalSeconds;

    /// <summary>Takes the next sample. Samples may jitter around the grid, which starts at the first one; redelivery is harmless.</summary>
    public AppendResult Append(Sample sample)
    {
        if (!Sample.IsValue(sample.Value))
            return AppendResult.NotFinite;
        var ticks = sample.Timestamp.UtcTicks;
        if (_newest < 0)
        {
            _anchorTicks = ticks;
            if (double.IsNaN(_offset))
                _offset = sample.Value;
        }
        var index = IndexOf(ticks);
        if (_newest >= 0 && index <= _newest)
            return index > _newest - Capacity && index >= _runStart && _fine.Has(index) ? AppendResult.Duplicate : AppendResult.Late;

        var gap = _newest < 0 ? StepsSinceHistory(ticks) : index - _newest;
        var reset = _newest >= 0 && gap > Capacity;
        if (reset)
            Restart(index);
        Observe((float)(sample.Value - _offset), gap);
        var newSlot = AccumulateSlot(sample);
        var value = (float)(sample.Value - _offset);
        _flatRun = _newest >= 0 && !reset && value == _fine[_newest] ? _flatRun + 1 : 1;
        var newBlock = index >> SlowStatistics.BlockShift != _newest >> SlowStatistics.BlockShift;
        _fine.Put(reset ? index - 1 : _newest, index, value);
        (_newest, _newestTicks) = (index, ticks);
        if (newBlock || newSlot)
            RefreshSlow();
        return reset ? AppendResult.GapReset : AppendResult.Appended;
    }

    /// <summary>
    /// Fills the 7-day memory from back-fill. Slots already known, in the future of the newest sample or older than 7 days are passed over.
    /// </summary>
    /// <param name="means">Means of 15 minutes in time order; the timestamp is the <b>start</b> of the slot (a UTC quarter of an hour).</param>
    /// <returns>Slots taken.</returns>
    public int LoadHistory(ReadOnlySpan<Sample> means)
    {
        var history = default(ExponentialMoments);
        var taken = 0;
        long previous = -1;
        foreach (var mean in means)
        {
            var slot = CoarseRing.SlotOf(mean.Timestamp);
            if (
                !Sample.IsValue(mean.Value)
                || (_slot >= 0 && slot >= _slot)
                || slot <= _coarse.Newest - CoarseRing.Capacity
                || _coarse.TryGet(slot, out _)
            )
                continue;
            if (slot <= previous)
                throw new ArgumentException($"history must be in time order: {mean.Timestamp:O} comes after a later slot", nameof(means));
            if (double.IsNaN(_offset))
                _offset = mean.Value;
            _coarse.AdvanceTo(slot);
            var value = (float)(mean.Value - _offset);
            _coarse.Set(slot, value);
            history.Add(value, previous < 0 ? 1 : Decay(2, CoarseRing.Slot * (slot - previous)), Decay(2, CoarseRing.Slot));
            previous = slot;
            taken++;
        }
        if (taken > 0)
        {
            var age = _slot < 0 ? 0 : (int)(_slot - previous);
            _averages[2].Merge(history, Decay(2, CoarseRing.Slot * age));
            RefreshSlow();
        }
        return taken;
    }

    /// <summary>
    /// The last values on the grid, oldest first, relative to <see cref="Offset"/>; holes are filled by the value before them.
    /// </summary>
    /// <param name="target">Receives one value a step.</param>
    /// <param name="skip">Newest steps to leave out: 1 gives the window before the newest sample.</param>
    /// <param name="longestHole">Longest hole that is filled, in steps.</param>
    /// <returns>False when the window does not reach back so far, or a hole is longer; the target is then not defined.</returns>
    public bool TryRecent(Span<float> target, int skip, int longestHole)
    {
        var last = _newest - skip;
        var first = last - target.Length + 1;
        if (_newest < 0 || first < Math.Max(_runStart, _newest - Capacity + 1) || !_fine.Has(first))
            return false;
        var hole = 0;
        for (var i = 0; i < target.Length; i++)
            if (_fine.Has(first + i))
            {
                target[i] = _fine[first + i];
                hole = 0;
            }
            else if (++hole > longestHole)
                return false;
            else
                target[i] = target[i - 1];
        return true;
    }

    /// <summary>The last steps of the grid, oldest first, relative to <see cref="Offset"/>, with the missing ones marked instead of filled.</summary>
    /// <param name="target">Receives one value a step; 0 where it is missing.</param>
    /// <param name="missing">Receives true where it is missing; as long as <paramref name="target"/>.</param>
    /// <param name="skip">Newest steps to leave out.</param>
    /// <param name="first">Time of the first step.</param>
    /// <returns>False when the window does not reach back so far; the targets are then not defined.</returns>
    public bool TryRecent(Span<float> target, Span<bool> missing, int skip, out DateTimeOffset first)
    {
        var start = _newest - skip - target.Length + 1;
        first = default;
        if (_newest < 0 || start < Math.Max(_runStart, _newest - Capacity + 1))
            return false;
        for (var i = 0; i < target.Length; i++)
        {
            missing[i] = !_fine.Has(start + i);
            target[i] = missing[i] ? 0 : _fine[start + i];
        }
        first = new(_anchorTicks + start * Step.Ticks, TimeSpan.Zero);
        return true;
    }

    /// <summary>The samples after an instant that the window still holds, oldest first, at its precision.</summary>
    public IEnumerable<Sample> Since(DateTimeOffset after)
    {
        for (var index = _newest < 0 ? 0 : Math.Max(_runStart, _newest - Capacity + 1); index <= _newest; index++)
            if (_fine.Has(index) && _anchorTicks + index * Step.Ticks > after.UtcTicks)
                yield return new(new(_anchorTicks + index * Step.Ticks, TimeSpan.Zero), Offset + _fine[index]);
    }

    /// <summary>Steps in a span of time, at least 2 and at most 240; 240 is one hour at the default step.</summary>
    internal static int StepsIn(TimeSpan span, double stepSeconds) =>
        Math.Clamp((int)Math.Round(span.TotalSeconds / stepSeconds), 2, SlowStatistics.LongSteps);

    /// <summary>Steps of a lag, 0 when the grid has no step within half a step of it or does not reach so far.</summary>
    internal static int LagSteps(double lagSeconds, double stepSeconds)
    {
        var steps = (int)Math.Round(lagSeconds / stepSeconds);
        return steps >= Capacity ? 0 : steps;
    }

    internal double Floor(double relative) => Resolution * Math.Abs(Offset + relative);

    private long IndexOf(long ticks) => (long)Math.Floor((ticks - _anchorTicks) / (double)Step.Ticks + 0.5);

    /// <summary>Steps from the end of the back-fill to the first sample, at least 1.</summary>
    private long StepsSinceHistory(long ticks) =>
        _coarse.Newest < 0 ? 1 : Math.Max(1, (ticks - (_coarse.Newest + 1) * CoarseRing.Slot.Ticks) / Step.Ticks);

    private double Decay(int average, TimeSpan elapsed) => Math.Pow(2, -(elapsed / HalfLives[average]));

    private void Restart(long index)
    {
        _fine.Present = default;
        _runStart = index;
        (_cusumUp, _cusumDown, _flatRun) = (0, 0, 0);
    }

    /// <summary>Scores the value against the averages before it, then lets them follow.</summary>
    private void Observe(float value, long gap)
    {
        var floor = Floor(value);
        _deviations = default;
        for (var i = 0; i < Averages.Count; i++)
        {
            var stepDecay = StepDecay(i);
            var decay = gap == 1 ? stepDecay : Math.Pow(stepDecay, gap);
            ref var average = ref _averages[i];
            if (average.Mass * decay >= MinimumMass)
                _deviations.Set(i, (float)Ratio(value - average.Mean, Math.Max(average.Std, floor)));
            average.Add(value, decay, stepDecay);
        }
        if (!_deviations.Has(1))
            return;
        _cusumUp = (float)Math.Clamp(_cusumUp + _deviations[1] - CusumSlack, 0, CusumLimit);
        _cusumDown = (float)Math.Clamp(_cusumDown - _deviations[1] - CusumSlack, 0, CusumLimit);
    }

    /// <summary>A deviation in units of a scale, clipped to ±10; with no scale at all any deviation is the clip and none is 0.</summary>
    internal static double Ratio(double deviation, double scale) =>
        scale > 0 ? Math.Clamp(deviation / scale, -ScoreLimit, ScoreLimit) : ScoreLimit * Math.Sign(deviation);

    private double StepDecay(int average) => Decay(average, Step);

    /// <summary>Adds to the running slot; true when the sample began a new one.</summary>
    private bool AccumulateSlot(Sample sample)
    {
        var slot = CoarseRing.SlotOf(sample.Timestamp);
        var begins = slot != _slot;
        if (begins)
        {
            _coarse.AdvanceTo(slot - 1);
            if (_slot >= 0 && 2 * _slotCount * Step >= CoarseRing.Slot && _slot > _coarse.Newest - CoarseRing.Capacity)
                _coarse.Set(_slot, (float)(_slotSum / _slotCount));
            (_slot, _slotSum, _slotCount) = (slot, 0, 0);
        }
        _slotSum += sample.Value - _offset;
        _slotCount++;
        return begins;
    }

    private void RefreshSlow()
    {
        var slot = _slot >= 0 ? _slot : _coarse.Newest + 1;
        var latest = _newest >= 0 ? _fine[_newest] : 0;
        _slow = SlowStatistics.Of(_fine, _coarse, _newest, _runStart, slot, Offset, StepSeconds, Floor(latest));
    }

    [InlineArray(Count)]
    internal struct Averages
    {
        internal const int Count = 3;

        private ExponentialMoments _item;
    }
}
