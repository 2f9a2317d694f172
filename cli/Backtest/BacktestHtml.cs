using System.Globalization;
using System.Net;
using System.Text;

namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>
/// The report as one page without scripts: the text of the console, and for each seed a time line of faults, normal events and incidents.
/// </summary>
internal static class BacktestHtml
{
    private const int Width = 1400;
    private const int Row = 16;

    private const string Head = """
        <!doctype html><html lang="en"><head><meta charset="utf-8"><title>backtest</title><style>
        body{font:14px system-ui,sans-serif;margin:2em;max-width:1500px}
        pre{font:12px ui-monospace,monospace;overflow:auto;background:#f6f6f6;padding:1em}
        svg{display:block;background:#fafafa;border:1px solid #ddd;margin-bottom:2em} text{font:10px system-ui,sans-serif}
        .fault{fill:#d33}.normal{fill:#bcd}.false{fill:#e90}.found{fill:#2a2}.settling{fill:#999}
        </style></head><body><h1>Backtest</h1>
        <p>Red: faults. Blue: normal events. Dots: incidents; green where a fault explains them, orange where they are false, grey while a fault
        settles. Point at one to read it.</p>

        """;

    public static string Of(BacktestReport report, IReadOnlyList<SeedReplay> replays)
    {
        var page = new StringBuilder(Head);
        foreach (var replay in replays)
            TimeLine(page, replay, report.Source, [.. report.Incidents.Where(i => i.Seed == replay.Seed)]);
        using var text = new StringWriter();
        BacktestText.Write(report, text);
        return page.Append("<pre>").Append(WebUtility.HtmlEncode(text.ToString())).Append("</pre></body></html>\n").ToString();
    }

    private static void TimeLine(StringBuilder page, SeedReplay replay, string source, IReadOnlyList<IncidentLine> incidents)
    {
        var (from, to) = (replay.Result.From, replay.Result.To);
        string[] rows = [.. replay.Events.Select(e => e.Workload).Concat(incidents.Select(i => i.Workload)).Distinct().Order(StringComparer.Ordinal)];
        double X(DateTimeOffset at) => 200 + (Width - 220) * Math.Clamp((at - from) / (to - from), 0, 1);
        double Y(string workload) => 24 + Row * Array.IndexOf(rows, workload);
        void Add(FormattableString text) => page.Append(text.ToString(CultureInfo.InvariantCulture));

        Add($"<h2>{(replay.Seed is { } seed ? $"Seed {seed}" : source)}</h2><svg width=\"{Width}\" height=\"{40 + Row * rows.Length}\">");
        for (var at = from; at <= to; at += TimeSpan.FromHours(Math.Max(1, Math.Round((to - from).TotalHours / 12))))
            Add($"<text x=\"{X(at):0}\" y=\"12\">{at:MM-dd HH:mm}</text>");
        foreach (var row in rows)
            Add($"<text x=\"4\" y=\"{Y(row) + 10:0}\">{WebUtility.HtmlEncode(row)}</text>");
        foreach (var what in replay.Events)
        {
            var width = Math.Max(1.5, X(what.End) - X(what.Start));
            Add($"<rect class=\"{(what.IsFault ? "fault" : "normal")}\" x=\"{X(what.Start):0.0}\" y=\"{Y(what.Workload):0}\" width=\"{width:0.0}\"");
            Add($" height=\"{Row - 4}\"><title>{what.Kind} {what.Start:u} to {what.End:u}</title></rect>");
        }
        foreach (var incident in incidents)
        {
            var colour = incident.Class == "fault" ? "found" : incident.Class;
            Add($"<circle class=\"{colour}\" cx=\"{X(incident.OpenedAt):0.0}\" cy=\"{Y(incident.Workload) + Row / 2 - 2:0}\" r=\"4\">");
            Add($"<title>{WebUtility.HtmlEncode(BacktestText.Told(incident))}</title></circle>");
        }
        page.Append("</svg>\n");
    }
}
