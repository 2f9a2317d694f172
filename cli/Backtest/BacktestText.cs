using System.Globalization;
using Dapr.Anomaly.Platform.Notifications;

namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>The report on the console.</summary>
internal static class BacktestText
{
    private const int MostLines = 60;

    public static void Write(BacktestReport report, TextWriter output)
    {
        void Line(FormattableString text) => output.WriteLine(Text(text));

        var workloads = report.Workloads is { } number ? $", {number} workloads" : "";
        Line($"backtest of {report.Source}: {report.BySeed.Count} × {report.Days:0.##} days{workloads}, a sample every {report.StepSeconds:0} s");
        Line($"incidents        {report.IncidentsPerDay:0.00} a day, {report.ToldPerDay:0.00} within the alert budget");
        if (IsKnown(report))
        {
            Line($"false incidents  {report.FalseIncidentsPerDay:0.00} ± {report.FalseIncidentsPerDayError:0.00} a day");
            Line($"                 {report.FalseInFirstHour} of them in the first hour after training");
        }
        else
            Line($"                 recorded days do not say which of them are false");
        var speed = report.Speed;
        Line($"speed            {speed.TimesRealTime:0} × real time, {speed.TimesRealTimeScoring:0} × without training");
        Line($"                 {speed.Trainings} trainings {speed.TrainingSeconds:0} s, collecting {speed.CollectingSeconds:0} s,");
        Line($"                 scoring {speed.ScoringSeconds:0} s for {speed.Samples:N0} samples");
        foreach (var seed in report.BySeed)
        {
            var span = $"{seed.From:u} to {seed.To:u}  {seed.Incidents} incidents";
            if (seed.Seed is { } name)
                Line($"  seed {name, -4} {span}, {seed.FalseIncidents} false, {seed.Found} of {seed.Faults} faults found");
            else
                Line($"  {span}");
        }
        if (!IsKnown(report))
            Counts("incidents by query", report.IncidentsByQuery, isEvent: false);
        Counts("false incidents by query", report.FalseByQuery, isEvent: false);
        Counts("false incidents by what happened then", report.FalseByEvent, isEvent: true);
        if (report.Faults.Count > 0)
        {
            Line($"");
            Line($"fault                        events  found  recall  in time  median delay  longest  incidents each  already open");
            foreach (var fault in report.Faults)
            {
                var (median, longest, each) = (Delay(fault.MedianDelaySeconds), Delay(fault.MaxDelaySeconds), Text($"{fault.IncidentsPerEvent:0.0}"));
                var recall = Text($"{fault.Events, 7} {fault.Found, 6} {fault.Recall, 7:0%} {fault.RecallInTime, 8:0%}");
                Line($"{fault.Kind, -20} {fault.Pattern, -6} {recall} {median, 13} {longest, 8} {each, 15} {fault.AlreadyOpen, 13}");
            }
            foreach (var pattern in report.FaultsByPattern)
            {
                var limit = pattern.Pattern == "slow" ? "before their limit" : "within two minutes";
                Line($"all {pattern.Pattern} faults: {pattern.Events}, {pattern.Recall:0%} found, {pattern.RecallInTime:0%} {limit}");
            }
        }
        if (report.NotScored.Count > 0)
        {
            Line($"");
            Line($"not scored                      series     samples   share  why");
            foreach (var series in report.NotScored)
                Line($"{series.Query, -30} {series.Series, 7} {series.Samples, 11:N0} {series.Share, 7:0.0%}  {series.State}: {series.Reason}");
        }
        var wrong = report.Incidents.Where(i => i.Class is "false" or "unknown").ToList();
        if (wrong.Count > 0)
        {
            Line($"");
            Line($"each {(IsKnown(report) ? "false " : "")}incident, by its worst signal");
            foreach (var incident in wrong.Take(MostLines))
                output.WriteLine(Told(incident));
            if (wrong.Count > MostLines)
                Line($"… and {wrong.Count - MostLines} more (--json has them all)");
        }

        void Counts(string title, IReadOnlyList<CountedBy> counts, bool isEvent)
        {
            if (counts.Count == 0)
                return;
            Line($"");
            Line($"{title}");
            foreach (var count in counts)
            {
                var events = isEvent && count.Events > 0 ? $"  ({count.Events} events)" : "";
                Line($"  {count.Name, -34} {count.Incidents, 5}  {count.PerDay, 6:0.00} a day{events}");
            }
        }
    }

    /// <summary>One incident in one line.</summary>
    public static string Told(IncidentLine incident)
    {
        var range =
            incident.Lower is { } lower && incident.Upper is { } upper
                ? $"expected {SignalText.Value(lower, incident.Unit)} to {SignalText.Value(upper, incident.Unit)}"
                : "no expectation";
        var votes = string.Join(' ', incident.Votes.Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Member} {v.AnomalyScore:0.00}")));
        var more = incident.Signals.Count > 1 ? $" + {string.Join(", ", incident.Signals.Skip(1))}" : "";
        var score = string.Create(CultureInfo.InvariantCulture, $"score {incident.Score:0.00} ({votes})");
        var at = incident.OpenedAt.ToString("MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        var seed = incident.Seed is { } number ? $"seed {number} " : "";
        return $"  {at} {seed}{incident.Workload} {incident.Query}{more}: {SignalText.Value(incident.Value, incident.Unit)}, {range}, "
            + $"{score}{(incident.Class == "unknown" ? "" : $"; at the time: {incident.Cause}")}";
    }

    private static bool IsKnown(BacktestReport report) => report.Seeds.Count > 0;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Delay(double? seconds) =>
        seconds is not { } value ? "–"
        : value < 600 ? string.Create(CultureInfo.InvariantCulture, $"{value:0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{value / 60:0} min");
}
