using System.Diagnostics;

namespace Dapr.Anomaly.Core.Evaluation.Streaming;

/// <summary>What one detector said of one series.</summary>
/// <param name="Scores">One for each evaluated row: 0 in the warm-up, then the detector's.</param>
/// <param name="InAlarm">The same of its alarms; none in the warm-up.</param>
/// <param name="Streamed">Rows that were scored, also those that are not evaluated.</param>
public sealed record DetectorRun(
    double[] Scores,
    bool[] InAlarm,
    int Streamed,
    TimeSpan FitTime,
    TimeSpan ScoreTime,
    IReadOnlyDictionary<string, long> Unscored,
    IReadOnlyList<string> Notes
)
{
    /// <summary>Fits the detector on the training part and feeds it the stream, row by row.</summary>
    public static DetectorRun Of(IStreamingDetector detector, LabelledSeries series, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        detector.Fit(series.Training, cancellationToken);
        var fitted = Stopwatch.GetTimestamp();
        var scores = new double[series.Labels.Length];
        var inAlarm = new bool[series.Labels.Length];
        var row = new double[series.Stream.Channels.Count];
        for (var i = 0; i < series.Stream.Rows; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            series.Stream.Row(i, row);
            var verdict = detector.Score(series.Stream.Times[i], row);
            if (i >= series.Skip)
                (scores[series.WarmUp + i - series.Skip], inAlarm[series.WarmUp + i - series.Skip]) = (verdict.Score, verdict.InAlarm);
        }
        return new(
            scores,
            inAlarm,
            series.Stream.Rows,
            Stopwatch.GetElapsedTime(began, fitted),
            Stopwatch.GetElapsedTime(fitted),
            detector.Unscored,
            detector.Notes
        );
    }
}
