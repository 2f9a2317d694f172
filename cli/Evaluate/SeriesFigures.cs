using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>How well the scores of one series tell its anomalous rows. NaN, written as null, where a figure is not defined.</summary>
/// <param name="FalseAlarmsPerDay">Of this workload.</param>
/// <param name="MedianDelaySteps">Rows from the start of a detected event to its alarm.</param>
/// <param name="TimeInAlarm">Share of the normal rows within an alarm.</param>
internal sealed record SeriesFigures(
    double VusPr,
    double VusRoc,
    double AucPr,
    double AucRoc,
    double EventRecall,
    double EventPrecision,
    double FalseAlarmsPerDay,
    double MedianDelaySteps,
    double P90DelaySteps,
    double TimeInAlarm,
    double AffiliationPrecision,
    double AffiliationRecall
)
{
    /// <param name="labels">True on anomalous rows.</param>
    /// <param name="from">First row that is not warm-up.</param>
    /// <param name="labelWindow">Largest window of VUS, rows.</param>
    public static SeriesFigures Of(bool[] labels, double[] scores, bool[] inAlarm, int from, int labelWindow, TimeSpan step)
    {
        var volumes = VolumeUnderSurface.Of(labels, scores, labelWindow);
        var events = EventMetrics.At(step).Of(labels, inAlarm, from);
        var affiliation = Affiliation.Of(labels, inAlarm);
        return new(
            volumes.Pr,
            volumes.Roc,
            RankingMetrics.AveragePrecision(labels, scores),
            RankingMetrics.AreaUnderRoc(labels, scores),
            events.Recall,
            events.Precision,
            events.FalseAlarmsPerDay(step),
            events.MedianDelay,
            events.P90Delay,
            events.TimeInAlarm,
            affiliation.Precision,
            affiliation.Recall
        );
    }

    /// <summary>The mean of each figure over the series where it is defined.</summary>
    public static SeriesFigures Mean(IReadOnlyCollection<SeriesFigures> series)
    {
        double Of(Func<SeriesFigures, double> figure) => series.Select(figure).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
        return new(
            Of(s => s.VusPr),
            Of(s => s.VusRoc),
            Of(s => s.AucPr),
            Of(s => s.AucRoc),
            Of(s => s.EventRecall),
            Of(s => s.EventPrecision),
            Of(s => s.FalseAlarmsPerDay),
            Of(s => s.MedianDelaySteps),
            Of(s => s.P90DelaySteps),
            Of(s => s.TimeInAlarm),
            Of(s => s.AffiliationPrecision),
            Of(s => s.AffiliationRecall)
        );
    }
}
