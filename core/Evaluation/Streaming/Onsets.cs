namespace Dapr.Anomaly.Core.Evaluation.Streaming;

/// <summary>
/// Scores in which only the beginning of a rise is left, for scoreboards that count each row in alarm as an alarm of its own. Past-only.
/// </summary>
public static class Onsets
{
    /// <summary>Rows after which a peak no longer hides a lower one: a held peak has lost 95 % by then.</summary>
    private const int Memory = 100;

    /// <summary>A row keeps its score when it is above all of the 100 rows before it, else it has 0.</summary>
    public static double[] Of(ReadOnlySpan<double> scores)
    {
        var onsets = new double[scores.Length];
        // Rows whose score no later one has reached, largest first.
        LinkedList<int> peaks = [];
        for (var i = 0; i < scores.Length; i++)
        {
            if (peaks.First is { } oldest && oldest.Value < i - Memory)
                peaks.RemoveFirst();
            if (peaks.First is null || scores[i] > scores[peaks.First.Value])
                onsets[i] = scores[i];
            while (peaks.Last is { } last && scores[last.Value] <= scores[i])
                peaks.RemoveLast();
            peaks.AddLast(i);
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
