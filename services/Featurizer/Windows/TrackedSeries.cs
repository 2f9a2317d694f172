using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>One series of a shard: its window, the rule of its query, and its last score.</summary>
/// <param name="since">When it was first seen, as far as this process knows.</param>
internal sealed class TrackedSeries(SeriesIdentity series, SeriesWindow window, DateTimeOffset since)
{
    /// <summary>A window, its score and what the tables around them take.</summary>
    private const long BytesWithoutLabels = SeriesWindow.SnapshotBytes + 1_024;

    private const int BytesOfALabel = 64;

    /// <summary>Kind and unit are those of the newest batch; the name and the labels never change.</summary>
    public SeriesIdentity Series { get; set; } = series;

    public SeriesWindow Window { get; set; } = window;

    /// <summary>Which deviations matter, as the newest batch said.</summary>
    public DetectionRule Rule { get; set; } = DetectionRule.Any;

    public ScoreV1? LastScore { get; set; }

    /// <summary>Last time the score was reported; incidents keep hearing of the series for a while after.</summary>
    public DateTimeOffset LastReported { get; set; } = DateTimeOffset.MinValue;

    /// <summary>Time of its newest sample; before the first, when it was first seen.</summary>
    public DateTimeOffset NewestAt => Window.Latest?.Timestamp ?? since;

    /// <summary>Estimate of the memory that it takes.</summary>
    public long MemoryBytes { get; } =
        BytesWithoutLabels + (2 * series.Name.Length) + series.Labels.Sum(l => BytesOfALabel + (2L * (l.Key.Length + l.Value.Length)));

    /// <summary>Whether its newest sample is so old that it has ended, as far as this shard can know.</summary>
    public bool HasEnded(DateTimeOffset now) => now - NewestAt > TimeSpan.FromSeconds(Math.Max(900, 4 * Window.Step.TotalSeconds));

    /// <summary>A window whose newest sample lies in the future of this clock goes back to now: the clock was set back, or the window was made by a
    /// wrong
    /// one.</summary>
    /// <returns>Whether it had to.</returns>
    public bool Rewind(DateTimeOffset now)
    {
        if (Window.Latest is not { } latest || latest.Timestamp <= TimeGrid.NewestAt(now, Window.Step))
            return false;
        if (!Window.Rewind(now))
            Window = new SeriesWindow(Window.Step);
        (LastScore, LastReported) = (null, DateTimeOffset.MinValue);
        return true;
    }
}
