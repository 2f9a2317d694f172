using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Evaluation;

/// <summary>What an operator meets at one threshold that was frozen before the labels were seen.</summary>
/// <param name="Events">Labelled events among the scored rows.</param>
/// <param name="Delays">Rows from the start of each detected event to the alarm that found it, in the order of the events.</param>
/// <param name="Alarms">Alarms that count, for or against: all but those that begin within the tolerance after an event already found.</param>
/// <param name="Duplicates">Second and later alarms within one event: neither false nor of use.</param>
/// <param name="FalseAlarms">Alarms that match no event.</param>
/// <param name="ScoredRows">Rows that could raise a false alarm or hold an event: all scored ones without the tolerance after events.</param>
/// <param name="TimeInAlarm">Share of the rows outside events and their tolerance that lie within an alarm, 0 to 1; NaN without such rows.</param>
public sealed record EventReport(
    int Events,
    IReadOnlyList<int> Delays,
    int Alarms,
    int Duplicates,
    int FalseAlarms,
    int ScoredRows,
    double TimeInAlarm
)
{
    /// <summary>Share of the events that an alarm found; NaN without an event.</summary>
    public double Recall => Events == 0 ? double.NaN : (double)Delays.Count / Events;

    /// <summary>Share of the alarms that match an event; NaN without an alarm.</summary>
    public double Precision => Alarms == 0 ? double.NaN : 1 - (double)FalseAlarms / Alarms;

    /// <summary>Median rows from the start of an event to its alarm, of the events found; NaN where none was.</summary>
    public double MedianDelay => Quantile(0.5);

    /// <summary>90 % of the events that were found had their alarm within so many rows; NaN where none was.</summary>
    public double P90Delay => Quantile(0.9);

    /// <param name="step">Time between two rows.</param>
    public double FalseAlarmsPerDay(TimeSpan step) => ScoredRows == 0 ? double.NaN : FalseAlarms / (ScoredRows * step.TotalDays);

    private double Quantile(double level) =>
        Delays.Count == 0 ? double.NaN : OrderStatistics.Quantile(Delays.Select(d => (double)d).ToArray(), level);
}

/// <summary>
/// Events against alarms. An alarm is a run of rows in alarm, after runs no more than <paramref name="gap"/> calm rows apart are joined; it
/// <b>fires</b> at its first row. An event [a, b] is found when an alarm fires within [a, b + tolerance]: one that began before does not count, so
/// that an alarm without end finds nothing.
/// </summary>
/// <param name="gap">Calm rows that do not end an alarm.</param>
/// <param name="tolerance">Rows after an event in which an alarm is not false.</param>
public sealed class EventMetrics(int gap, int tolerance)
{
    /// <summary>The rule for one sampling rate: gap and tolerance are five minutes, at least one row.</summary>
    public static EventMetrics At(TimeSpan step)
    {
        var rows = Math.Max(1, (int)(TimeSpan.FromMinutes(5) / step));
        return new(rows, rows);
    }

    /// <param name="labels">True on anomalous rows.</param>
    /// <param name="alarm">True on rows that are in alarm by the frozen threshold; one for each label.</param>
    /// <param name="from">First scored row: those before are warm-up and count in no way.</param>
    public EventReport Of(ReadOnlySpan<bool> labels, ReadOnlySpan<bool> alarm, int from = 0)
    {
        if (labels.Length != alarm.Length)
            throw new ArgumentException($"{labels.Length} labels but {alarm.Length} rows of alarm", nameof(alarm));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, labels.Length);
        var rows = labels.Length;
        var all = LabelledEvent.In(labels);
        List<LabelledEvent> events = [.. all.Where(e => e.First >= from)];
        // An event that began in the warm-up cannot be found any more: alarms in its rest count neither way.
        var open = all.Where(e => e.First < from).Select(e => e.Last + tolerance).DefaultIfEmpty(-1).Max();
        var alarms = Alarms(alarm, from);
        var found = new int?[events.Count];
        int counted = 0,
            duplicates = 0,
            falseAlarms = 0;
        foreach (var fired in alarms.Select(a => a.First))
        {
            if (fired <= open)
                continue;
            var match = events.FindLastIndex(e => fired >= e.First && fired <= e.Last + tolerance);
            if (match < 0)
            {
                (falseAlarms, counted) = (falseAlarms + 1, counted + 1);
                continue;
            }
            if (found[match] is null)
                (found[match], counted) = (fired - events[match].First, counted + 1);
            else if (fired <= events[match].Last)
                (duplicates, counted) = (duplicates + 1, counted + 1);
        }

        // 0 normal, 1 tolerance, 2 anomalous.
        var zones = new byte[rows];
        foreach (var (_, last) in all)
            zones.AsSpan(last + 1, Math.Min(tolerance, rows - last - 1)).Fill(1);
        foreach (var (first, last) in all)
            zones.AsSpan(first, last - first + 1).Fill((byte)(first < from ? 1 : 2));
        int normal = 0,
            inAlarm = 0,
            scored = 0;
        var covered = new bool[rows];
        foreach (var (first, last) in alarms)
            covered.AsSpan(first, last - first + 1).Fill(true);
        for (var x = from; x < rows; x++)
        {
            scored += zones[x] == 1 ? 0 : 1;
            normal += zones[x] == 0 ? 1 : 0;
            inAlarm += zones[x] == 0 && covered[x] ? 1 : 0;
        }
        return new(
            events.Count,
            [.. found.OfType<int>()],
            counted,
            duplicates,
            falseAlarms,
            scored,
            normal == 0 ? double.NaN : (double)inAlarm / normal
        );
    }

    /// <summary>Runs of rows in alarm, short calm stretches between them included.</summary>
    public List<LabelledEvent> Alarms(ReadOnlySpan<bool> alarm, int from)
    {
        List<LabelledEvent> alarms = [];
        foreach (var run in LabelledEvent.In(alarm[from..]))
        {
            var (first, last) = (run.First + from, run.Last + from);
            if (alarms.Count > 0 && first - alarms[^1].Last - 1 <= gap)
                alarms[^1] = alarms[^1] with { Last = last };
            else
                alarms.Add(new(first, last));
        }
        return alarms;
    }
}
