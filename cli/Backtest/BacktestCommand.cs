using System.CommandLine;
using System.Globalization;
using Dapr.Anomaly.Cli.Up;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Cli.Backtest;

/// <summary><c>anomaly backtest</c>.</summary>
internal static class BacktestCommand
{
    public static Command Create()
    {
        var prometheus = CommonOptions.Prometheus();
        prometheus.Description = "replay what a Prometheus recorded; nobody says then which incidents are false";
        var from = new Option<DateTimeOffset?>("--from") { Description = "first recorded instant that is scored, such as 2026-03-02T00:00Z" };
        var to = new Option<DateTimeOffset?>("--to") { Description = "end of the recorded span" };
        var simulator = new Option<bool>("--simulator") { Description = "replay simulated days" };
        var seeds = new Option<string>("--seed")
        {
            Description = "seed of the simulated days, or a range such as 1..3",
            DefaultValueFactory = _ => "1",
        };
        var workloads = new Option<int>("--workloads") { Description = "number of simulated workloads", DefaultValueFactory = _ => 12 };
        var days = new Option<int>("--days") { Description = "days that are scored, after the history to learn from", DefaultValueFactory = _ => 2 };
        var faults = new Option<string>("--faults") { Description = "\"catalogue\" spreads faults of every kind over the scored days" };
        faults.AcceptOnlyFromAmong("catalogue");
        var step = new Option<string>("--step") { Description = "distance of samples", DefaultValueFactory = _ => "15s" };
        step.AcceptOnlyFromAmong("15s", "30s", "60s");
        var json = new Option<FileInfo>("--json") { Description = "file for the report as JSON" };
        var html = new Option<FileInfo>("--html") { Description = "file for the report as a page, with time lines" };
        var command = new Command("backtest", "Run the detector over past days in a fraction of the time, and count what it would have reported")
        {
            simulator,
            prometheus,
            from,
            to,
            seeds,
            workloads,
            days,
            faults,
            step,
            json,
            html,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var url = parsed.GetValue(prometheus);
                if (parsed.GetValue(simulator) == (url is not null))
                    throw new UserException(
                        "backtest: say what to replay: either --simulator, or --prometheus URL with --from and --to",
                        ExitCodes.BadConfiguration
                    );
                var options = new BacktestOptions(
                    Seeds(parsed.GetValue(seeds)!),
                    Positive("--workloads", parsed.GetValue(workloads), 1200),
                    Positive("--days", parsed.GetValue(days), 60),
                    TimeSpan.FromSeconds(int.Parse(parsed.GetValue(step)!.TrimEnd('s'), CultureInfo.InvariantCulture)),
                    parsed.GetValue(faults) is not null
                );
                var output = parsed.InvocationConfiguration.Output;
                List<SeedReplay> replays = [];
                if (url is not null)
                    replays.Add(await ReplayAsync(options, url, Span(parsed.GetValue(from), parsed.GetValue(to)), cancellationToken));
                else
                    foreach (var seed in options.Seeds)
                    {
                        replays.Add(await ReplayAsync(options, seed, cancellationToken));
                        await parsed.InvocationConfiguration.Error.WriteLineAsync(Progress(replays[^1]));
                    }
                var report = ReportBuilder.Build(url?.ToString() ?? "the simulator", options, replays);
                BacktestText.Write(report, output);
                if (parsed.GetValue(json) is { } file)
                    await File.WriteAllBytesAsync(file.FullName, report.ToJson(), cancellationToken);
                if (parsed.GetValue(html) is { } page)
                    await File.WriteAllTextAsync(page.FullName, BacktestHtml.Of(report, replays), cancellationToken);
                return ExitCodes.Success;
            }
        );
        return command;
    }

    /// <summary>One seed: trained, scored and classed.</summary>
    internal static async Task<SeedReplay> ReplayAsync(BacktestOptions options, int seed, CancellationToken cancellationToken)
    {
        await using var source = await SimulatedSource.StartAsync(options, seed, cancellationToken);
        var result = await new Replay(source.Client, options, source.From).RunAsync(source.From, source.To, cancellationToken);
        var events = TrueEvent.Of(source.Cluster, source.From, source.To);
        return new(seed, result, events, [.. result.Incidents.Select(Class)]);

        ClassedIncident Class(OpenedIncident opened)
        {
            var classed = ClassedIncident.Of(opened, events);
            return classed is { Class: IncidentClass.False, Cause: null }
                ? classed with
                {
                    Cause = TrueEvent.LostScrape(source.Cluster, opened),
                }
                : classed;
        }
    }

    /// <summary>A recorded span; what happened then is not known.</summary>
    internal static async Task<SeedReplay> ReplayAsync(
        BacktestOptions options,
        Uri url,
        (DateTimeOffset From, DateTimeOffset To) span,
        CancellationToken cancellationToken
    )
    {
        using var client = new PrometheusClient(new PrometheusOptions { Url = url, Timeout = TimeSpan.FromMinutes(5) }, TimeProvider.System);
        var (from, to) = (TimeGrid.Floor(span.From, options.Step), TimeGrid.Floor(span.To, options.Step));
        var result = await new Replay(client, options, from).RunAsync(from, to, cancellationToken);
        return new(null, result, [], [.. result.Incidents.Select(static i => new ClassedIncident(i, IncidentClass.Unknown, null))]);
    }

    private static string Progress(SeedReplay replay)
    {
        var wrong = replay.Incidents.Count(i => i.Class == IncidentClass.False);
        return string.Create(CultureInfo.InvariantCulture, $"seed {replay.Seed}: {wrong} false incidents, {replay.Result.Elapsed.TotalSeconds:0} s");
    }

    private static (DateTimeOffset From, DateTimeOffset To) Span(DateTimeOffset? from, DateTimeOffset? to) =>
        (from, to) is ({ } first, { } last) && first < last
            ? (first, last)
            : throw new UserException(
                "backtest: --prometheus needs --from and a later --to, such as --from 2026-03-02T00:00Z --to 2026-03-04T00:00Z",
                ExitCodes.BadConfiguration
            );

    private static int[] Seeds(string text)
    {
        var parts = text.Split("..");
        if (
            parts.Length > 2
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            || last < first
            || last - first >= 1000
        )
            throw new UserException($"backtest: --seed \"{text}\" is not a number or a range; write 7 or 1..3", ExitCodes.BadConfiguration);
        return [.. Enumerable.Range(first, last - first + 1)];
    }

    private static int Positive(string option, int value, int most) =>
        value >= 1 && value <= most
            ? value
            : throw new UserException($"backtest: {option} {value} is outside 1 to {most}", ExitCodes.BadConfiguration);
}
