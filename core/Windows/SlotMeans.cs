using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Windows;

/// <summary>
/// Quarter-hour means of a series on a grid, as <see cref="SeriesWindow.LoadHistory"/> takes them: stamped with the start of their UTC quarter. NaN
/// marks a missing sample.
/// </summary>
public static class SlotMeans
{
    private static readonly long SlotTicks = TimeSpan.FromMinutes(15).Ticks;

    public static Sample[] Of(DateTimeOffset start, TimeSpan step, ReadOnlySpan<double> values)
    {
        List<Sample> means = [];
        var (slot, sum, count) = (long.MinValue, 0.0, 0);
        for (var i = 0; i <= values.Length; i++)
        {
            var at = i < values.Length ? (start + i * step).UtcTicks / SlotTicks : long.MaxValue;
            if (at != slot)
            {
                if (count > 0)
                    means.Add(new(new(slot * SlotTicks, TimeSpan.Zero), sum / count));
                (slot, sum, count) = (at, 0, 0);
            }
            if (i < values.Length && !double.IsNaN(values[i]))
                (sum, count) = (sum + values[i], count + 1);
        }
        return [.. means];
    }
}
