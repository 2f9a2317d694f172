using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer;

/// <summary>Windows become feature rows.</summary>
public static class RowBuilder
{
    /// <summary>Values before the newest that the LSTM looks at.</summary>
    public const int RecentSteps = 60;

    private const int LongestHole = 5;

    /// <summary>The row of the series' newest sample. The recent values are empty where the window does not reach back far enough.</summary>
    public static ScoreRowV1 Build(TrackedSeries series, DateTimeOffset at, double value)
    {
        Span<float> features = stackalloc float[FeatureSchema.Current.Count];
        var quality = FeatureExtractor.Extract(series.Window, features);
        Span<float> recent = stackalloc float[RecentSteps];
        var complete = series.Window.TryRecent(recent, skip: 1, LongestHole);
        if (complete)
            for (var i = 0; i < recent.Length; i++)
                recent[i] = (float)(recent[i] + series.Window.Offset);
        return new(series.Message.Id, series.Series.Kind, at, value, Vectors.Pack(features), (float)quality.MissingFraction, complete ? Vectors.Pack(recent) : []);
    }
}
