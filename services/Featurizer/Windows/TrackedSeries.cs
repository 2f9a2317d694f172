using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>One series of a shard: its window, the rule of its query, and its last score.</summary>
internal sealed class TrackedSeries(SeriesIdentity series, SeriesWindow window)
{
    public SeriesIdentity Series { get; } = series;

    public SeriesWindow Window { get; set; } = window;

    /// <summary>Which deviations matter, as the newest batch said.</summary>
    public DetectionRule Rule { get; set; } = DetectionRule.Any;

    public ScoreV1? LastScore { get; set; }

    /// <summary>Last time the score was reported; incidents keep hearing of the series for a while after.</summary>
    public DateTimeOffset LastReported { get; set; } = DateTimeOffset.MinValue;
}
