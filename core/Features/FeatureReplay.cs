using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Core.Features;

/// <summary>
/// Features for training: replays a series through a <see cref="SeriesWindow"/> and keeps every n-th row, bit for bit what serving would have
/// computed from the same samples.
/// </summary>
public static class FeatureReplay
{
    /// <summary>Replays one series.</summary>
    /// <param name="step">Step of the grid.</param>
    /// <param name="history">Means of 15 minutes before the samples, stamped with the start of their slot (see
    /// <see cref="SeriesWindow.LoadHistory"/>); may be empty.</param>
    /// <param name="samples">Samples in time order.</param>
    /// <param name="stride">Keep a row each so many samples, counted from the first.</param>
    /// <returns>Rows that are not sparse, in time order.</returns>
    public static FeatureRows Run(TimeSpan step, ReadOnlySpan<Sample> history, ReadOnlySpan<Sample> samples, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stride);
        var count = FeatureSchema.Current.Count;
        var window = new SeriesWindow(step);
        window.LoadHistory(history);
        var values = new List<float>();
        var timestamps = new List<DateTimeOffset>();
        Span<float> row = stackalloc float[count];
        for (var i = 0; i < samples.Length; i++)
        {
            if (window.Append(samples[i]) is not (AppendResult.Appended or AppendResult.GapReset) || i % stride != 0)
                continue;
            if (FeatureExtractor.Extract(window, row).IsSparse)
                continue;
            values.AddRange(row);
            timestamps.Add(samples[i].Timestamp);
        }
        return new([.. values], count, [.. timestamps]);
    }
}

/// <summary>A feature matrix with the instant of each row.</summary>
/// <param name="Values">Row-major, <paramref name="FeatureCount"/> values a row.</param>
/// <param name="FeatureCount">Columns.</param>
/// <param name="Timestamps">One a row.</param>
public sealed record FeatureRows(float[] Values, int FeatureCount, DateTimeOffset[] Timestamps)
{
    public int Count => Timestamps.Length;

    public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * FeatureCount, FeatureCount);
}
