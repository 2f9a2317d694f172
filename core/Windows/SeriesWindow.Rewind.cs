namespace Dapr.Anomaly.Core.Windows;

public sealed partial class SeriesWindow
{
    /// <summary>
    /// Forgets the samples after an instant: for a clock that was set back, and for state that a wrong clock made. Running averages keep what they
    /// have learnt; the running quarter of an hour begins again.
    /// </summary>
    /// <returns>False when nothing would be left; the window is then as it was, and a new one has to take its place.</returns>
    public bool Rewind(DateTimeOffset to)
    {
        if (_newest < 0 || _newestTicks <= to.UtcTicks)
            return true;
        var last = Math.Min((long)Math.Floor((to.UtcTicks - _anchorTicks) / (double)Step.Ticks), _newest - 1);
        var oldest = Math.Max(_runStart, _newest - Capacity + 1);
        while (last >= oldest && !_fine.Has(last))
            last--;
        if (last < oldest)
            return false;
        for (var index = last + 1; index <= _newest; index++)
            _fine.Present.Clear((int)(index & (Capacity - 1)));
        _newest = last;
        _newestTicks = _anchorTicks + (last * Step.Ticks);
        (_slot, _slotSum, _slotCount, _flatRun) = (_newestTicks / CoarseRing.Slot.Ticks, 0, 0, 1);
        _coarse.RewindTo(_slot - 1);
        _deviations = default;
        RefreshSlow();
        return true;
    }
}
