using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>Tables of the past become windows: an hour at full resolution, and for new series a week of quarter-hour means.</summary>
internal sealed class WindowHistory(Shards shards, SampleGate gate)
{
    public static readonly TimeSpan CoarseStep = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan FinePast = TimeSpan.FromHours(1);
    private static readonly TimeSpan CoarsePast = TimeSpan.FromDays(7);
    private static readonly TimeSpan Slot = TimeSpan.FromMinutes(15);

    /// <summary>First and last instant of the fine past.</summary>
    public static (DateTimeOffset Start, DateTimeOffset End) FineSpan(DateTimeOffset now, TimeSpan step) =>
        (TimeGrid.Floor(now - FinePast, step), TimeGrid.Floor(now, step) - step);

    /// <summary>First and last instant of the coarse past, which ends where the fine one begins.</summary>
    public static (DateTimeOffset Start, DateTimeOffset End) CoarseSpan(DateTimeOffset now, SampleTable fine) =>
        (TimeGrid.Floor(now - CoarsePast, Slot), TimeGrid.Floor(fine.Start, Slot) - CoarseStep);

    /// <summary>Whether a series of the table has no window yet, so that the coarse past is wanted.</summary>
    public bool HasNew(SampleTable fine) => fine.Series.Any(s => shards.Of(s.Series.Id) is { } shard && shard.Find(s.Series.Id) is null);

    /// <summary>Before the fine past: windows for the series that have none.</summary>
    public void LoadCoarse(SampleTable coarse, TimeSpan step)
    {
        using var intake = gate.Begin(coarse);
        for (var row = 0; row < coarse.Series.Count; row++)
        {
            var series = coarse.Series[row];
            if (shards.Of(series.Series.Id) is { } shard && shard.Find(series.Series.Id) is null && intake.Track(shard, row, step) is { } tracked)
                tracked.Window.LoadHistory(SlotMeans.Of(coarse.Start, coarse.Step, coarse.Row(row)[..intake.Columns]));
        }
    }

    public void AppendFine(SampleTable fine)
    {
        using var intake = gate.Begin(fine);
        for (var row = 0; row < fine.Series.Count; row++)
            if (shards.Of(fine.Series[row].Series.Id) is { } shard && intake.Track(shard, row) is { } tracked)
                for (var column = 0; column < intake.Columns; column++)
                    tracked.Window.Append(new Sample(fine.TimeOf(column), fine[row, column]));
    }
}
