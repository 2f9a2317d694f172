using Dapr.Anomaly.Core.Evaluation.Streaming;
using Dapr.Anomaly.Core.Numerics;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Evaluation;

/// <summary>A small workload with two faults: three noisy daily channels, one minute a row.</summary>
internal static class EvaluatedCluster
{
    public const int TrainingRows = 2400;
    public const int StreamRows = 600;

    public static readonly TimeSpan Step = TimeSpan.FromMinutes(1);

    private static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static LabelledSeries Series()
    {
        var random = new Xoshiro256(7);
        var rows = TrainingRows + StreamRows;
        var labels = new bool[StreamRows];
        labels.AsSpan(200, 30).Fill(true);
        labels.AsSpan(450, 20).Fill(true);
        var values = Enumerable
            .Range(0, 3)
            .Select(channel =>
                Enumerable
                    .Range(0, rows)
                    .Select(i =>
                        10 * (channel + 1)
                        + Math.Sin(i * Math.Tau / 1440)
                        + 0.2 * random.NextGaussian()
                        + (i >= TrainingRows && labels[i - TrainingRows] ? 6 : 0)
                    )
                    .ToArray()
            )
            .ToArray();
        // Samples are missing now and then.
        for (var i = 50; i < rows; i += 97)
            values[1][i] = double.NaN;
        var all = new ChannelTable(
            Step,
            [.. Enumerable.Range(0, rows).Select(i => Start + i * Step)],
            [.. Enumerable.Range(0, 3).Select(c => new SeriesIdentity($"metric_{c}", SignalKind.Cpu, "", new Labels([new("workload", "shop")])))],
            values
        );
        return new("shop", all.Slice(0, TrainingRows), all.Slice(TrainingRows, rows), 0, 0, labels, 20);
    }

    /// <summary>The same with the stream cut before a row.</summary>
    public static LabelledSeries Truncated(this LabelledSeries series, int rows) =>
        series with
        {
            Stream = series.Stream.Slice(0, rows),
            Labels = series.Labels[..rows],
        };
}
