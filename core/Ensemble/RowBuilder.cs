using Dapr.Anomaly.Core.Features;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>Windows become rows to score: the one builder of training, of serving and of single calls, so that a model sees in service what it learnt from.</summary>
public static class RowBuilder
{
    /// <summary>Values of one row: its features, then the recent values.</summary>
    public static readonly int RowLength = FeatureSchema.Current.Count + ScoreRow.RecentSteps;

    /// <summary>The row of the window's newest sample, with buffers of its own.</summary>
    /// <exception cref="InvalidOperationException">The window has no sample.</exception>
    public static ScoreRow Build(SeriesIdentity series, SeriesWindow window, double value) => Build(series, window, value, new float[RowLength]);

    /// <summary>The row of the window's newest sample.</summary>
    /// <param name="value">The newest sample at full precision.</param>
    /// <param name="buffer">Holds the row's values as long as the row is in use; at least <see cref="RowLength"/> values.</param>
    /// <returns>The recent values are NaN where one is missing, and empty where the window does not reach back far enough.</returns>
    /// <exception cref="InvalidOperationException">The window has no sample.</exception>
    public static ScoreRow Build(SeriesIdentity series, SeriesWindow window, double value, Memory<float> buffer)
    {
        var features = buffer[..FeatureSchema.Current.Count];
        var recent = buffer.Slice(features.Length, ScoreRow.RecentSteps);
        var quality = FeatureExtractor.Extract(window, features.Span);
        var complete = Recent(window, recent.Span);
        return new(
            series.Id,
            series.Kind,
            window.Latest!.Value.Timestamp,
            value,
            features,
            (float)quality.MissingFraction,
            complete ? recent : ReadOnlyMemory<float>.Empty
        );
    }

    private static bool Recent(SeriesWindow window, Span<float> recent)
    {
        Span<bool> missing = stackalloc bool[ScoreRow.RecentSteps];
        if (!window.TryRecent(recent, missing, skip: 1, out _))
            return false;
        for (var i = 0; i < recent.Length; i++)
            recent[i] = missing[i] ? float.NaN : (float)(recent[i] + window.Offset);
        return true;
    }
}
