using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer;

/// <summary>One series of a shard: its window, and the last verdict on it.</summary>
public sealed class TrackedSeries(SeriesIdentity series, SeriesWindow window)
{
    public SeriesIdentity Series { get; } = series;

    public SeriesV1 Message { get; } = SeriesV1.From(series);

    public SeriesWindow Window { get; } = window;

    public SeriesScoreV1? LastScore { get; set; }

    /// <summary>Last time the score was worth a look; incidents keep hearing of the series for a while after.</summary>
    public DateTimeOffset LastOfInterest { get; set; } = DateTimeOffset.MinValue;
}
