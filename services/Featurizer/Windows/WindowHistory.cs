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

    /// <summary>The windows as they were when live samples began to come, where a past may still come; null until then.</summary>
    private Dictionary<SeriesId, byte[]>? _before;

    public int Count => shards.Count;

    /// <summary>First and last instant of the fine past.</summary>
    public static (DateTimeOffset Start, DateTimeOffset End) FineSpan(DateTimeOffset now, TimeSpan step) =>
        (TimeGrid.Floor(now - FinePast, step), TimeGrid.Floor(now, step) - step);

    /// <summary>First and last instant of the coarse past, which ends where the fine one begins.</summary>
    public static (DateTimeOffset Start, DateTimeOffset End) CoarseSpan(DateTimeOffset now, SampleTable fine) =>
        (TimeGrid.Floor(now - CoarsePast, Slot), TimeGrid.Floor(fine.Start, Slot) - CoarseStep);

    /// <summary>Whether a series of the table had no window before live samples came, so that the coarse past is wanted.</summary>
    public bool HasNew(SampleTable fine) => fine.Series.Any(s => shards.Of(s.Series.Id) is { } shard && IsNew(shard, s.Series.Id));

    /// <summary>From now on live samples come; a past that comes later is put under them.</summary>
    public async Task KeepAsideAsync(CancellationToken cancellationToken)
    {
        Dictionary<SeriesId, byte[]> before = [];
        foreach (var shard in shards.Owned)
        {
            using var entered = await shard.EnterAsync(cancellationToken);
            foreach (var series in shard.Series)
                series.Window.Write(before[series.Series.Id] = new byte[SeriesWindow.SnapshotBytes]);
        }
        _before = before;
    }

    /// <summary>Puts the past of a query into windows that are empty or end before it, or under the samples that came since.</summary>
    /// <param name="coarse">Null when no series is new.</param>
    public async Task FillAsync(SampleTable fine, SampleTable? coarse, CancellationToken cancellationToken)
    {
        foreach (var shard in shards.Owned)
        {
            using var entered = await shard.EnterAsync(cancellationToken);
            if (_before is { } before)
                FillUnder(shard, fine, coarse, before);
            else
            {
                if (coarse is not null)
                    LoadCoarse(shard, coarse, fine.Step);
                AppendFine(shard, fine);
            }
        }
    }

    private bool IsNew(Shard shard, SeriesId id) => _before is { } before ? !before.ContainsKey(id) : shard.Find(id) is null;

    /// <summary>Before the fine past: windows for the series that have none.</summary>
    private void LoadCoarse(Shard shard, SampleTable coarse, TimeSpan step)
    {
        using var intake = gate.Begin(coarse);
        foreach (var row in Rows(shard, coarse))
            if (shard.Find(coarse.Series[row].Series.Id) is null && intake.Track(shard, row, step) is { } tracked)
                tracked.Window.LoadHistory(Means(coarse, row, intake.Columns));
    }

    private void AppendFine(Shard shard, SampleTable fine)
    {
        using var intake = gate.Begin(fine);
        foreach (var row in Rows(shard, fine))
            if (intake.Track(shard, row) is { } tracked)
                Append(tracked.Window, fine, row, intake.Columns);
    }

    private void FillUnder(Shard shard, SampleTable fine, SampleTable? coarse, Dictionary<SeriesId, byte[]> before)
    {
        using var intake = gate.Begin(fine);
        var coarseRows = coarse?.Series.Select((s, row) => (s.Series.Id, row)).ToDictionary(s => s.Id, s => s.row) ?? [];
        foreach (var row in Rows(shard, fine))
        {
            if (intake.Track(shard, row) is not { } tracked)
                continue;
            var id = tracked.Series.Id;
            var window = before.TryGetValue(id, out var snapshot) ? SeriesWindow.Read(snapshot) : new SeriesWindow(fine.Step);
            if (snapshot is null && coarseRows.TryGetValue(id, out var coarseRow))
                window.LoadHistory(Means(coarse!, coarseRow, coarse!.Columns));
            Append(window, fine, row, intake.Columns);
            foreach (var sample in tracked.Window.Since(fine.TimeOf(fine.Columns - 1)))
                window.Append(sample);
            tracked.Window = window;
        }
    }

    private IEnumerable<int> Rows(Shard shard, SampleTable table) =>
        Enumerable.Range(0, table.Series.Count).Where(row => shards.Of(table.Series[row].Series.Id) == shard);

    private static Sample[] Means(SampleTable coarse, int row, int columns) => SlotMeans.Of(coarse.Start, coarse.Step, coarse.Row(row)[..columns]);

    private static void Append(SeriesWindow window, SampleTable fine, int row, int columns)
    {
        for (var column = 0; column < columns; column++)
            window.Append(new Sample(fine.TimeOf(column), fine[row, column]));
    }
}
