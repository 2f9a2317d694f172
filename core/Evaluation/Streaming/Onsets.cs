namespace Dapr.Anomaly.Core.Evaluation.Streaming;

/// <summary>
/// Scores in which only the beginning of a rise is left: a row keeps its score when it is above the held peak of the rows before it, else it has 0.
/// For scoreboards that count each row in alarm as an alarm of its own. Past-only.
/// </summary>
public static class Onsets
{
    public static double[] Of(ReadOnlySpan<double> scores)
    {
        var onsets = new double[scores.Length];
        var held = 0.0;
        for (var i = 0; i < scores.Length; i++)
        {
            held *= ZScoreDetector.Hold;
            if (scores[i] <= held)
                continue;
            onsets[i] = held = scores[i];
        }
        return onsets;
    }

    /// <summary>1 at the first row of each run in alarm, else 0.</summary>
    public static double[] Of(ReadOnlySpan<bool> alarm)
    {
        var onsets = new double[alarm.Length];
        for (var i = 0; i < alarm.Length; i++)
            onsets[i] = alarm[i] && (i == 0 || !alarm[i - 1]) ? 1 : 0;
        return onsets;
    }
}
