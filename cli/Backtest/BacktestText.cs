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

        Line(
            $"backtest of {report.Source}: {report.Seeds.Count} × {report.Days:0.#} d, {report.Workloads} workloads, every {report.StepSeconds:0} s"
        );
        Line($"incidents        {report.IncidentsPerDay:0.00} a day, {report.ToldPerDay:0.00} within the alert budget");
        Line($"false incidents  {report.FalseIncidentsPerDay:0.00} ± {report.FalseIncidentsPerDayError:0.00} a day");
        Line($"                 {report.FalseInFirstHour} of them in the first hour after training");
        var speed = report.Speed;
        Line($"speed            {speed.TimesRealTime:0} × real time, {speed.TimesRealTimeScoring:0} × without training");
        Line($"                 {speed.Trainings} trainings {speed.TrainingSeconds:0} s, collecting {speed.CollectingSeconds:0} s,");
        Line($"                 scoring {speed.ScoringSeconds:0} s for {speed.Samples:N0} samples");
        foreach (var seed in report.BySeed)
        {
            var span = $"{seed.From:u} to {seed.To:u}";
            Line(
                $"  seed {seed.Seed, -4} {span}  {seed.Incidents} incidents, {seed.FalseIncidents} false, {seed.Found} of {seed.Faults} faults found"
            );
        }
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
        var wrong = report.Incidents.Where(i => i.Class == "false").ToList();
        if (wrong.Count > 0)
        {
            Line($"");
            Line($"each false incident, by its worst signal");
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
        return $"  {at} seed {incident.Seed} {incident.Workload} {incident.Query}{more}: {SignalText.Value(incident.Value, incident.Unit)}, {range}, "
            + $"{score}; at the time: {incident.Cause}";
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Delay(double? seconds) =>
        seconds is not { } value ? "–"
        : value < 600 ? string.Create(CultureInfo.InvariantCulture, $"{value:0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{value / 60:0} min");
}
