using System.CommandLine;
using Dapr.Anomaly.Cli.Backtest;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Simulator.Tests;

namespace Dapr.Anomaly.Cli.Tests.Backtest;

/// <summary>Short replays of a small cluster, by the product's own code.</summary>
public sealed class BacktestTests(SmallReplays replays) : IClassFixture<SmallReplays>
{
    [Fact]
    public void The_same_seed_gives_the_same_report_but_for_its_speed() => Assert.Equal(Text(replays.Faulty), Text(replays.FaultyAgain));

    [Fact]
    public void Faults_are_found_and_classed()
    {
        var report = replays.Faulty;
        Assert.InRange(report.Faults.Sum(f => f.Events), 3, 8);
        Assert.True(report.Faults.Sum(f => f.Found) >= report.Faults.Sum(f => f.Events) / 2.0, Text(report));
        Assert.All(report.Faults.Where(f => f.Found > 0), f => Assert.True(f.MedianDelaySeconds >= 0 && f.IncidentsPerEvent >= 1));
        Assert.Contains(report.Incidents, i => i.Class == "fault" && report.Faults.Any(f => f.Kind == i.Cause));
    }

    [Fact]
    public void Without_faults_every_incident_is_false_and_tells_why_it_opened()
    {
        var report = replays.Healthy;
        Assert.Empty(report.Faults);
        Assert.All(report.Incidents, i => Assert.Equal("false", i.Class));
        Assert.Equal(report.Incidents.Count, report.FalseByQuery.Sum(c => c.Incidents));
        Assert.Equal(report.Incidents.Count, report.FalseByEvent.Sum(c => c.Incidents));
        Assert.All(report.Incidents, i => Assert.True(i.Votes.Count > 0 && i.Query.Length > 0 && double.IsFinite(i.Value)));
    }

    [Fact]
    public void Samples_that_were_not_scored_are_told_with_the_reason() =>
        Assert.Contains(
            replays.Healthy.NotScored,
            u => u.Query == "container_oom_kills" && u.State == "constant" && u.Share > 0.9 && u.Reason.Length > 0
        );

    [Fact]
    public void It_is_at_least_a_hundred_times_as_fast_as_real_time() =>
        Assert.True(replays.Healthy.Speed.TimesRealTime > 100, $"{replays.Healthy.Speed}");

    [Fact]
    public void The_report_has_stable_keys()
    {
        using var json = System.Text.Json.JsonDocument.Parse(replays.Faulty.ToJson());
        string[] keys = [.. json.RootElement.EnumerateObject().Select(p => p.Name)];
        Assert.Equal(
            [
                "source",
                "seeds",
                "workloads",
                "days",
                "step_seconds",
                "incidents_per_day",
                "false_incidents_per_day",
                "false_incidents_per_day_error",
                "told_per_day",
                "false_in_first_hour",
                "incidents_by_query",
                "false_by_query",
                "false_by_event",
                "faults",
                "faults_by_pattern",
                "not_scored",
                "speed",
                "by_seed",
                "incidents",
            ],
            keys
        );
    }

    [Fact]
    public void The_page_shows_faults_and_incidents()
    {
        var options = new BacktestOptions([2], 4, 1, TimeSpan.FromSeconds(60), Faults: true);
        var start = SimulatedSource.StartOf(2);
        HashSet<string> scope = ["shop/cart"];
        var result = new ReplayResult(start, start.AddDays(1), [], [], 1, 0, TimeSpan.FromSeconds(1), TimeSpan.Zero, TimeSpan.Zero);
        var replay = new SeedReplay(2, result, [new("cpu", true, "shop/cart", start.AddHours(1), start.AddHours(2), scope)], []);
        var report = ReportBuilder.Build("the simulator", options, [replay]) with { Incidents = replays.Faulty.Incidents };

        var page = BacktestHtml.Of(report, [replay]);

        Assert.Contains("class=\"fault\"", page, StringComparison.Ordinal);
        Assert.Equal(report.Incidents.Count, page.Split("<circle").Length - 1);
    }

    [Fact]
    public async Task Recorded_days_are_replayed_without_a_judgement()
    {
        await using var recorded = await RunningSimulator.StartAsync(
            new()
            {
                History = TimeSpan.FromDays(2),
                Workloads = 2,
                Step = TimeSpan.FromMinutes(1),
            }
        );
        var options = new BacktestOptions([1], 2, 1, TimeSpan.FromMinutes(1), Faults: false);
        var (from, to) = (RunningSimulator.Noon.AddHours(-6), RunningSimulator.Noon);

        var replay = await BacktestCommand.ReplayAsync(options, recorded.Url, (from, to), CancellationToken.None);

        var report = ReportBuilder.Build("a recording", options, [replay]);
        Assert.Equal((0.25, 0), (report.Days, report.Seeds.Count));
        Assert.True(report.Speed.Samples > 360 * 50, $"{report.Speed}");
        Assert.All(report.Incidents, i => Assert.Equal("unknown", i.Class));
        Assert.Equal(0, report.FalseIncidentsPerDay);
    }

    [Theory]
    [InlineData("either --simulator, or --prometheus URL")]
    [InlineData("either --simulator, or --prometheus URL", "--simulator", "--prometheus", "http://127.0.0.1:1")]
    [InlineData("needs --from and a later --to", "--prometheus", "http://127.0.0.1:1", "--from", "2026-03-02T00:00Z")]
    [InlineData("--seed \"3..1\" is not a number or a range", "--simulator", "--seed", "3..1")]
    [InlineData("--days 0 is outside 1 to 60", "--simulator", "--days", "0")]
    public async Task What_is_wrong_is_told(string expected, params string[] arguments)
    {
        var error = await Assert.ThrowsAsync<UserException>(() =>
            BacktestCommand
                .Create()
                .Parse(arguments)
                .InvokeAsync(new() { EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken)
        );
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.BadConfiguration, error.ExitCode);
    }

    private static string Text(BacktestReport report)
    {
        using var text = new StringWriter();
        BacktestText.Write(report with { Speed = new(0, 0, 0, 0, 0, 0, 0, 0) }, text);
        return text.ToString();
    }
}

public sealed class ClassedIncidentTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("shop/cart", 1, "Fault", "cpu")]
    [InlineData("shop/cart", 29, "Fault", "cpu")]
    [InlineData("shop/cart", 31, "Settling", "cpu")]
    [InlineData("shop/cart", 55, "False", "deploy")]
    [InlineData("shop/cart", -1, "False", "nothing")]
    [InlineData("shop/other", 1, "False", "nothing")]
    public void An_incident_belongs_to_what_happened_there_and_then(string workload, int minutes, string expected, string cause)
    {
        TrueEvent[] events =
        [
            new("cpu", true, "shop/cart", Noon, Noon.AddMinutes(20), new HashSet<string> { "shop/cart" }),
            new("deploy", false, "shop/cart", Noon.AddMinutes(50), Noon.AddMinutes(55), new HashSet<string> { "shop/cart" }),
        ];
        var at = Noon.AddMinutes(minutes);
        var opened = new OpenedIncident(new IncidentV1("1", IncidentPhase.Opened, workload, "", at, at, null, 2, [], []), true, null);

        var classed = ClassedIncident.Of(opened, events);

        Assert.Equal((expected, cause), (classed.Class.ToString(), classed.CauseName));
    }
}

/// <summary>The replays, once for all tests.</summary>
public sealed class SmallReplays : IAsyncLifetime
{
    internal BacktestReport Faulty { get; private set; } = null!;

    internal BacktestReport FaultyAgain { get; private set; } = null!;

    internal BacktestReport Healthy { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Faulty = await RunAsync(faults: true);
        FaultyAgain = await RunAsync(faults: true);
        Healthy = await RunAsync(faults: false);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<BacktestReport> RunAsync(bool faults)
    {
        var options = new BacktestOptions([2], 4, 1, TimeSpan.FromSeconds(60), faults);
        return ReportBuilder.Build("the simulator", options, [await BacktestCommand.ReplayAsync(options, 2, CancellationToken.None)]);
    }
}
