using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>
/// Events found at the lowest common threshold that costs at most one false alarm a day for a hundred series. An oracle, since which alarms are false
/// is known from the labels: it compares scores, not decisions.
/// </summary>
/// <param name="EventRecall">Share of the events of all series together.</param>
/// <param name="FalseAlarmsPerDay">For a hundred series, at the threshold.</param>
internal sealed record BudgetRecall(double EventRecall, double FalseAlarmsPerDay, double Threshold)
{
    private const double Budget = 1;
    private const int Thresholds = 100;

    public static BudgetRecall Of(IReadOnlyList<SeriesResult> series, string method)
    {
        double[] scores = [.. series.SelectMany(s => s.Runs[method].Scores.Skip(s.WarmUp)).OrderDescending()];
        if (scores.Length == 0)
            return new(double.NaN, double.NaN, double.NaN);
        var best = At(series, method, scores[0]);
        for (var k = 1; k <= Thresholds; k++)
        {
            // Evenly spaced by the logarithm of the rank: false alarms are rare at the top.
            var next = At(series, method, scores[(int)Math.Pow(scores.Length - 1, (double)k / Thresholds)]);
            if (next.FalseAlarmsPerDay > Budget)
                break;
            best = next;
        }
        return best;
    }

    private static BudgetRecall At(IReadOnlyList<SeriesResult> series, string method, double threshold)
    {
        int events = 0,
            found = 0,
            falseAlarms = 0;
        var hundredSeriesDays = 0.0;
        foreach (var one in series)
        {
            var inAlarm = Array.ConvertAll(one.Runs[method].Scores, s => s > threshold);
            var report = EventMetrics.At(one.Step).Of(one.Labels, inAlarm, one.WarmUp);
            (events, found, falseAlarms) = (events + report.Events, found + report.Delays.Count, falseAlarms + report.FalseAlarms);
            hundredSeriesDays += report.ScoredRows * one.Step.TotalDays * one.Channels / 100;
        }
        return new(events == 0 ? double.NaN : (double)found / events, falseAlarms / hundredSeriesDays, threshold);
    }
}
