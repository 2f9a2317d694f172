using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer;

/// <summary>Windows become feature rows.</summary>
public static class RowBuilder
{
    /// <summary>The row of the series' newest sample, as training would have built it: the recent values are NaN where one is missing, and empty where the window does not reach back far enough.</summary>
    public static ScoreRowV1 Build(TrackedSeries series, DateTimeOffset at, double value)
    {
        Span<float> features = stackalloc float[FeatureSchema.Current.Count];
        var quality = FeatureExtractor.Extract(series.Window, features);
        Span<float> recent = stackalloc float[ScoreRow.RecentSteps];
        Span<bool> missing = stackalloc bool[ScoreRow.RecentSteps];
        var complete = series.Window.TryRecent(recent, missing, skip: 1, out _);
        if (complete)
            for (var i = 0; i < recent.Length; i++)
                recent[i] = missing[i] ? float.NaN : (float)(recent[i] + series.Window.Offset);
        return new(
            series.Message.Id,
            series.Series.Kind,
            at,
            value,
            Vectors.Pack(features),
            (float)quality.MissingFraction,
            complete ? Vectors.Pack(recent) : []
        );
    }
}
