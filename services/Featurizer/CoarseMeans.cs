using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer;

/// <summary>Quarter-hour means of a history, stamped with the start of their quarter.</summary>
public static class CoarseMeans
{
    private static readonly long SlotTicks = TimeSpan.FromMinutes(15).Ticks;

    public static Sample[] Of(HistoryFrame frame, HistorySeries series) => [.. Enumerable.Range(0, frame.Count)
        .Where(column => double.IsFinite(series.Values[column]))
        .GroupBy(column => frame.TimeOf(column).UtcTicks / SlotTicks)
        .Select(slot => new Sample(new DateTimeOffset(slot.Key * SlotTicks, TimeSpan.Zero), slot.Average(column => series.Values[column])))];
}
