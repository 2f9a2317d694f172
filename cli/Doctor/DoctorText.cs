using System.Globalization;
using System.Text.Json;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Platform.Prometheus.Presets;
using Spectre.Console;

namespace Dapr.Anomaly.Cli.Doctor;

/// <summary>The report for people (colours on a terminal, plain lines when piped) and for machines.</summary>
internal static class DoctorText
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static void Write(DoctorReport report, IAnsiConsole console)
    {
        void Line(string name, FormattableString text) => console.MarkupLine($"  [bold]{name, -11}[/]{text.ToString(CultureInfo.InvariantCulture)}");

        var version = report.Build.Version.Length > 0 ? $" · version {Markup.Escape(report.Build.Version)}" : "";
        Line("source", $"{Markup.Escape(report.Url)}{version} · scraped every {PromDuration.Format(report.Presets.ScrapeInterval)}");
        foreach (var match in report.Presets.Matches)
        {
            var series = report.Signals.Where(s => match.Queries.Contains(s.Signal)).Sum(static s => s.Series);
            Line(
                "preset",
                match.Found
                    ? $"{Mark(true)} {Markup.Escape(match.Exporter)} · {match.Queries.Count} queries, {series} series"
                    : (FormattableString)$"{Mark(false)} {Markup.Escape(match.Exporter)} → {Markup.Escape(match.Note)}"
            );
        }
        if (report.Signals.Count(static s => s.IsOwn) is > 0 and var own)
            Line(
                "queries",
                $"{Mark(report.Errors.Count == 0)} {own} of your own, {report.Signals.Where(static s => s.IsOwn).Sum(static s => s.Series)} series"
            );
        Line(
            "workloads",
            report.Presets.WorkloadSource == WorkloadSource.Owners
                ? $"named by kube-state-metrics"
                : (FormattableString)$"guessed from pod names, for lack of kube-state-metrics"
        );
        Line("series", $"{report.Series}, every {PromDuration.Format(report.Step)}");
        var windows = FormattableString.Invariant($"windows {report.WindowBytes / 1048576.0:0.0} MB");
        var scoring = FormattableString.Invariant($"scoring about {report.CpuCores * 100:0.0} % of a core (budget of 30 µs a sample)");
        Line("cost", $"{windows} · {scoring} · one pass of queries took {report.Pass.TotalSeconds:0.00} s");
        Line(
            "history",
            report.History == TimeSpan.Zero
                ? $"less than 10m"
                : (FormattableString)$"{(report.HistoryIsWhole ? "all of the wanted" : "at least")} {PromDuration.Format(report.History)}"
        );
        Line(
            "ready",
            $"{string.Join(" · ", report.Parts.GroupBy(Readiness).Select(static g => $"{string.Join(", ", g.Select(static p => p.Part))}: {g.Key}"))}"
        );
        foreach (var warning in report.Warnings)
            console.MarkupLine($"  [yellow]warning[/]    {Markup.Escape(warning)}");
        foreach (var error in report.Errors)
            console.MarkupLine($"[red]{Markup.Escape(error)}[/]");
        if (report.Series == 0)
            console.MarkupLine(
                "[red]nothing to watch: no preset matches and no query gives series[/]. "
                    + "Add reader.queries to anomaly.yaml, or scrape node-exporter, cAdvisor or kube-state-metrics"
            );
    }

    public static string ToJson(DoctorReport report) =>
        JsonSerializer.Serialize(
            new
            {
                report.Url,
                report.Build.Version,
                Presets = report.Presets.Matches.Select(static m => new
                {
                    m.Exporter,
                    m.Found,
                    m.Note,
                    Queries = m.Queries.Select(static q => q.Name),
                }),
                WorkloadsFrom = report.Presets.WorkloadSource == WorkloadSource.Owners ? "kube-state-metrics" : "pod names",
                Queries = report.Signals.Select(static s => new
                {
                    s.Signal.Name,
                    Kind = s.Signal.Kind.ToString().ToLowerInvariant(),
                    s.Signal.Unit,
                    s.Series,
                    s.Signal.Query.Expr,
                    Own = s.IsOwn,
                }),
                report.Series,
                StepSeconds = report.Step.TotalSeconds,
                ScrapeIntervalSeconds = report.Presets.ScrapeInterval.TotalSeconds,
                PassSeconds = report.Pass.TotalSeconds,
                report.WindowBytes,
                report.CpuCores,
                HistorySeconds = report.History.TotalSeconds,
                report.HistoryIsWhole,
                Parts = report.Parts.Select(static p => new
                {
                    p.Part,
                    WantsSeconds = p.Wants.TotalSeconds,
                    MissingSeconds = p.Missing.TotalSeconds,
                }),
                report.Errors,
                report.Warnings,
                report.ExitCode,
            },
            Json
        );

    private static string Readiness(PartReadiness part) =>
        part.Missing == TimeSpan.Zero
            ? "after the first training"
            : $"in {PromDuration.Format(Rounded(part.Missing))} at most (wants {PromDuration.Format(part.Wants)})";

    // People plan in minutes; below a minute every second counts.
    private static TimeSpan Rounded(TimeSpan time) =>
        time < TimeSpan.FromMinutes(1)
            ? TimeSpan.FromSeconds(Math.Ceiling(time.TotalSeconds))
            : TimeSpan.FromMinutes(Math.Ceiling(time.TotalMinutes));

    private static string Mark(bool good) => good ? "[green]✓[/]" : "[red]✗[/]";
}
