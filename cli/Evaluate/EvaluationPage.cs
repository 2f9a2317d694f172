using System.Globalization;
using System.Net;
using System.Text;
using Dapr.Anomaly.Core.Evaluation;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>The report as one HTML page: a table of means, and the score of each series above its labels. It needs nothing from elsewhere.</summary>
internal static class EvaluationPage
{
    private const int Width = 1000;
    private const int Height = 90;

    private const string Style = """
        body{font:14px system-ui,sans-serif;margin:2em auto;max-width:1060px;color:#222}
        table{border-collapse:collapse}td,th{padding:2px 9px;text-align:right;border-bottom:1px solid #ddd}
        td:first-child,th:first-child{text-align:left}
        h2{font-size:15px;margin:1.4em 0 .2em}svg{background:#fafafa;border:1px solid #ddd}.event{fill:#f6c7c0}.warm{fill:#e4e4e4}
        .score{fill:none;stroke:#1f5fa8;stroke-width:1}.alarm{fill:#c0392b}.bar{fill:#9db8d9}.bar.product{fill:#1f5fa8}
        p.key span{padding:0 .6em;margin-right:.3em}
        """;

    public static string Of(EvaluationRun run)
    {
        var page = new StringBuilder();
        var title = $"anomaly evaluate: {run.Protocol}";
        page.Append(
            CultureInfo.InvariantCulture,
            $"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><style>{Style}</style>"
        );
        page.Append(
            CultureInfo.InvariantCulture,
            $"<h1>{title}</h1><p>Members {string.Join(", ", run.Members)}; seed {run.Seed}; commit {run.Commit};"
        );
        page.Append(
            CultureInfo.InvariantCulture,
            $" {run.RowsPerSecond:0} rows a second and thread. Scores use the past only; warm-up rows are 0.</p>"
        );
        Means(page, run);
        page.Append("<p class=\"key\"><span class=\"event\" style=\"background:#f6c7c0\"></span>labelled event");
        page.Append(" <span style=\"background:#e4e4e4\"></span>warm-up <span style=\"background:#c0392b\"></span>in alarm</p>");
        foreach (var series in run.Series)
            Series(page, series);
        return page.Append("</html>").ToString();
    }

    private static void Means(StringBuilder page, EvaluationRun run)
    {
        page.Append("<h2>Means</h2><table><tr><th>method<th>VUS-PR<th><th>VUS-ROC<th>AUC-PR<th>event recall<th>false alarms a day<th>delay, rows");
        page.Append("<th>time in alarm");
        foreach (var method in Methods.All)
        {
            var figures = run.Means[method];
            var kind = method == Methods.Product ? "bar product" : "bar";
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{method}<td>{Number(figures.VusPr)}<td><svg width=\"200\" height=\"12\">");
            page.Append(
                CultureInfo.InvariantCulture,
                $"<rect class=\"{kind}\" width=\"{(double.IsFinite(figures.VusPr) ? figures.VusPr * 200 : 0):0}\""
            );
            page.Append(" height=\"12\"/></svg>");
            double[] others =
            [
                figures.VusRoc,
                figures.AucPr,
                figures.EventRecall,
                figures.FalseAlarmsPerDay,
                figures.MedianDelaySteps,
                figures.TimeInAlarm,
            ];
            foreach (var figure in others)
                page.Append("<td>").Append(Number(figure));
        }
        page.Append("</table>");
    }

    private static void Series(StringBuilder page, SeriesResult series)
    {
        var figures = series.Figures[Methods.Product];
        var (scores, inAlarm) = series.Runs[Methods.Product];
        var rows = scores.Length;
        page.Append(CultureInfo.InvariantCulture, $"<h2>{WebUtility.HtmlEncode(series.Name)}</h2>VUS-PR {Number(figures.VusPr)} ");
        page.Append(
            CultureInfo.InvariantCulture,
            $"(z {Number(series.Figures["zscore"].VusPr)}, held z {Number(series.Figures["held_zscore"].VusPr)}, "
        );
        page.Append(CultureInfo.InvariantCulture, $"noise {Number(series.Figures["random"].VusPr)}), {series.Events} events, {rows} rows");
        foreach (var (reason, samples) in series.Unscored)
            page.Append(CultureInfo.InvariantCulture, $"; {samples} samples not scored: {WebUtility.HtmlEncode(reason)}");
        page.Append(CultureInfo.InvariantCulture, $"<br><svg width=\"{Width}\" height=\"{Height}\">");
        if (series.WarmUp > 0)
            Box(page, "warm", 0, series.WarmUp - 1, rows, 0, Height);
        foreach (var (first, last) in LabelledEvent.In(series.Labels))
            Box(page, "event", first, last, rows, 0, Height);
        foreach (var (first, last) in LabelledEvent.In(inAlarm))
            Box(page, "alarm", first, last, rows, Height - 4, 4);
        var top = Math.Max(scores.DefaultIfEmpty(0).Max(), 1e-9);
        page.Append("<polyline class=\"score\" points=\"");
        for (var x = 0; x < Math.Min(Width, rows); x++)
        {
            // Of the rows that share a pixel the highest.
            var (from, to) = ((int)((long)x * rows / Math.Min(Width, rows)), (int)((x + 1L) * rows / Math.Min(Width, rows)));
            var y = Height - 6 - (Height - 10) * scores.AsSpan(from, to - from).ToArray().Max() / top;
            page.Append(CultureInfo.InvariantCulture, $"{(double)from / rows * Width:0.#},{y:0.#} ");
        }
        page.Append("\"/></svg>");
    }

    private static void Box(StringBuilder page, string kind, int first, int last, int rows, int y, int height)
    {
        var (left, width) = (first * (double)Width / rows, Math.Max(1, (last - first + 1) * (double)Width / rows));
        page.Append(CultureInfo.InvariantCulture, $"<rect class=\"{kind}\" x=\"{left:0.#}\" y=\"{y}\" width=\"{width:0.#}\" height=\"{height}\"/>");
    }

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("0.000", CultureInfo.InvariantCulture) : "–";
}
