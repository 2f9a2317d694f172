using System.Globalization;
using System.Text;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>The table that the console shows: VUS-PR of the product beside the floors and controls.</summary>
internal static class EvaluationText
{
    private const int NameWidth = 44;

    public static string Of(EvaluationRun run)
    {
        var text = new StringBuilder();
        text.Append("VUS-PR".PadRight(NameWidth));
        foreach (var method in Methods.All)
            text.Append(method.PadLeft(Math.Max(9, method.Length + 2)));
        text.AppendLine("   recall  fa/day  delay  in alarm");
        foreach (var series in run.Series)
            Line(series.Name, series.Figures);
        Line("mean", run.Means);
        foreach (var (name, group) in run.Groups)
            Line($"mean of {name}", group);
        text.AppendLine(
            "event recall at one false alarm a day for 100 series: "
                + string.Join(", ", run.AtOneFalseAlarmADay.Select(r => $"{r.Key} {Number(r.Value.EventRecall, "0.00")}"))
        );
        if (run.Nab is { } nab)
            foreach (var method in nab.Best.Keys)
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"NAB {method, -16} best {Scores(nab.Best[method])}   frozen {Scores(nab.Frozen[method])}"
                );
        if (run.Nezha is { } nezha)
            foreach (var method in nezha.Budget.Keys)
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"{method, -16} at one false alarm an hour: {Application(nezha.Budget[method])}; frozen: {Application(nezha.Frozen[method])}"
                );
        foreach (var series in run.Series.Where(s => s.Unscored.Count > 0))
            text.AppendLine(
                $"{series.Name}: not scored: "
                    + string.Join(", ", series.Unscored.Select(u => FormattableString.Invariant($"{u.Value} samples ({u.Key})")))
            );
        text.Append(
            CultureInfo.InvariantCulture,
            $"{run.RowsPerSecond:0} rows/s, {run.SamplesPerSecond:0} samples/s a thread, seed {run.Seed}, commit {run.Commit}"
        );
        return text.ToString();

        void Line(string name, IReadOnlyDictionary<string, SeriesFigures> figures)
        {
            text.Append((name.Length < NameWidth ? name : name[^(NameWidth - 1)..]).PadRight(NameWidth));
            foreach (var method in Methods.All)
                text.Append(Number(figures[method].VusPr, "0.000").PadLeft(Math.Max(9, method.Length + 2)));
            var product = figures[Methods.Product];
            text.Append(Number(product.EventRecall, "0.00").PadLeft(9));
            text.Append(Number(product.FalseAlarmsPerDay, "0.00").PadLeft(8));
            text.Append(Number(product.MedianDelaySteps, "0.0").PadLeft(7));
            text.AppendLine(Number(product.TimeInAlarm, "0.000").PadLeft(10));
        }
    }

    private static string Scores(NabFigures figures) =>
        FormattableString.Invariant($"{figures.Standard:0.00} / {figures.LowFp:0.00} / {figures.LowFn:0.00}");

    private static string Application(NezhaFigures f) =>
        FormattableString.Invariant($"resource faults {f.ResourceRecall:0.00}, code {f.CodeRecall:0.00}, delay {f.MedianDelayMinutes:0} min, ")
        + FormattableString.Invariant($"{f.FalseAlarmsPerHour:0.0}/h, {f.TimeInAlarm:0.000} of the time");

    private static string Number(double value, string format) => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "-";
}
