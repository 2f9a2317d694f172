using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Platform.Prometheus.Presets;

namespace Dapr.Anomaly.Platform.Tests.Configuration;

public sealed class AnomalyConfigurationTests
{
    [Fact]
    public void Everything_has_a_default_but_the_url()
    {
        var configuration = Valid("reader: { url: http://prom:9090 }");
        Assert.Equal(PresetGroups.Kubernetes, configuration.Preset);
        Assert.Equal(TimeSpan.FromSeconds(15), configuration.Reader.Step);
        Assert.Empty(configuration.Reader.Queries);
        Assert.Equal(new SchedulerConfiguration(TimeSpan.FromHours(24), TimeSpan.FromDays(14)), configuration.Schedulers.ByName["daily"]);
        Assert.Equal("2/day", configuration.Alerts.BudgetOf("any").ToString());
        Assert.Empty(configuration.Alerts.Routes);
        Assert.Equal(new Uri("http://prom:9090"), configuration.Reader.Prometheus.Url);
    }

    [Fact]
    public void Every_key_is_read()
    {
        var configuration = Valid(
            """
            preset: [node, errors]
            reader:
              url: https://mimir/prometheus
              step: 30s
              username: anomaly
              password: "%{PROM_PASSWORD}"
              timeout: 1m
              max_series: 5000
              max_body_bytes: 1000000
              queries:
                checkout_p99:
                  expr: histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[2m])))
                  detection_direction: above_expected
                  min_dev_from_expected: 0.05
                  min_rel_dev_from_expected: 0.2
                  unit: s
                  kind: latency
            schedulers: { weekly: { class: periodic, fit_every: 1w, fit_window: 28d } }
            alerts:
              budget: { default: 3/week, checkout-team: 5/day }
              routes: [pagerduty, slack]
            """
        );
        Assert.Equal(PresetGroups.Node | PresetGroups.Errors, configuration.Preset);
        Assert.Equal(
            new PrometheusOptions
            {
                Url = new Uri("https://mimir/prometheus"),
                Username = "anomaly",
                Password = "s3cret",
                Timeout = TimeSpan.FromMinutes(1),
                MaxSeries = 5000,
                MaxBodyBytes = 1_000_000,
            },
            configuration.Reader.Prometheus
        );
        Assert.Equal(
            new SignalQuery(
                new PromQuery(
                    "checkout_p99",
                    "histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[2m])))",
                    "anomaly.yaml:12: reader.queries.checkout_p99.expr"
                ),
                SignalKind.Latency,
                "s",
                DetectionDirection.AboveExpected,
                0.05,
                0.2
            ),
            Assert.Single(configuration.Reader.Queries)
        );
        Assert.Equal(new SchedulerConfiguration(TimeSpan.FromDays(7), TimeSpan.FromDays(28)), Assert.Single(configuration.Schedulers.ByName).Value);
        Assert.Equal(new AlertBudget(3, TimeSpan.FromDays(7)), configuration.Alerts.BudgetOf("other"));
        Assert.Equal(new AlertBudget(5, TimeSpan.FromDays(1)), configuration.Alerts.BudgetOf("checkout-team"));
        Assert.Equal(["pagerduty", "slack"], configuration.Alerts.Routes);
    }

    [Fact]
    public void All_errors_are_reported_with_line_key_what_was_seen_and_what_would_be_right()
    {
        var errors = Errors(
            """
            preset: kubernets
            reader:
              ulr: http://prom:9090
              step: 15
              queries:
                checkout_p99:
                  exp: up
                  detection_direction: up
                  min_dev_from_expected: few
                "99th": { expr: up }
            schedulers: { daily: { class: backtesting, fit_window: 1s } }
            alerts:
              budget: { default: 2/fortnight }
              routes: { slack: yes }
            remote: 1
            """
        );
        Assert.Equal(
            [
                "anomaly.yaml:1: preset: \"kubernets\" is not known; write none, node, container, network, disk, latency, errors or kubernetes",
                "anomaly.yaml:3: reader.url: is missing; write the address of your Prometheus, such as http://prometheus:9090",
                "anomaly.yaml:3: reader.ulr: unknown key; did you mean url?",
                "anomaly.yaml:4: reader.step: \"15\" is not a duration; write 15s, 5m, 24h, 14d or 1h30m",
                "anomaly.yaml:7: reader.queries.checkout_p99.expr: is missing; write a PromQL expression",
                "anomaly.yaml:7: reader.queries.checkout_p99.exp: unknown key; did you mean expr?",
                "anomaly.yaml:8: reader.queries.checkout_p99.detection_direction: \"up\" is not known; write both, above_expected or below_expected",
                "anomaly.yaml:9: reader.queries.checkout_p99.min_dev_from_expected: \"few\" is not a number",
                "anomaly.yaml:10: reader.queries.99th: a name has letters, digits and _ only and does not begin with a digit",
                "anomaly.yaml:11: schedulers.daily.class: \"backtesting\" is not known; write periodic (one training now: anomaly train)",
                "anomaly.yaml:11: schedulers.daily.fit_window: 1s is out of range; write 30m to 4w",
                "anomaly.yaml:13: alerts.budget.default: \"2/fortnight\" is not a rate; write N/hour, N/day or N/week",
                "anomaly.yaml:14: alerts.routes: write a list of names: [a, b]",
                "anomaly.yaml:15: remote: unknown key; known here: preset, reader, schedulers, alerts, series",
            ],
            errors
        );
    }

    [Theory]
    [InlineData("reader: { url: prom }", "anomaly.yaml:1: reader.url: \"prom\" is not an address; write http://host:9090")]
    [InlineData(
        "reader: { url: \"http://%{HOST}:9090\" }",
        "anomaly.yaml:1: reader.url: environment variable HOST is not set|anomaly.yaml:1: reader.url: \"http://:9090\" is not an address; "
            + "write http://host:9090"
    )]
    [InlineData(
        "reader: { url: http://p, username: a, bearer_token: b }",
        "anomaly.yaml:1: reader.bearer_token: username is given too; keep one way to log in"
    )]
    [InlineData(
        "reader: [a]",
        "anomaly.yaml:1: reader: expected a mapping, found a list|anomaly.yaml:1: reader.url: is missing; write the address of your Prometheus, "
            + "such as http://prometheus:9090"
    )]
    [InlineData("- a", "anomaly.yaml:1: write keys with values, such as reader: { url: http://prometheus:9090 }")]
    [InlineData("", "anomaly.yaml:1: reader.url: is missing; write the address of your Prometheus, such as http://prometheus:9090")]
    public void Wrong_shapes_are_told_apart(string text, string expected) => Assert.Equal(expected.Split('|'), Errors(text));

    [Theory]
    [InlineData("reader: { url: http://p, step: 30m }", "anomaly.yaml:1: reader.step: 30m is out of range; write 1s to 15m")]
    [InlineData("reader: { url: http://p, step: 0s }", "anomaly.yaml:1: reader.step: 0s is out of range; write 1s to 15m")]
    [InlineData(
        "schedulers: { daily: { fit_window: 29d } }\nreader: { url: http://p }",
        "anomaly.yaml:1: schedulers.daily.fit_window: 29d is out of range; write 30m to 4w"
    )]
    [InlineData(
        "schedulers: { \"every day\": {} }\nreader: { url: http://p }",
        "anomaly.yaml:1: schedulers.every day: a name has letters, digits, - and _ only: trainings are called after it"
    )]
    public void Values_that_could_not_work_are_refused_at_start(string text, string expected) => Assert.Equal([expected], Errors(text));

    [Fact]
    public void The_longest_step_is_the_longest_that_windows_take()
    {
        Assert.Equal(TimeGrid.MaxStep, Valid("reader: { url: http://p, step: 15m }").Reader.Step);
        Assert.Equal(TimeGrid.MaxStep, new SeriesWindow(TimeGrid.MaxStep).Step);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SeriesWindow(TimeGrid.MaxStep + TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void A_query_with_the_name_of_a_preset_is_refused_where_that_preset_is_chosen()
    {
        const string query = "reader: { url: http://p, queries: { container_cpu: { expr: up } } }";
        Assert.Equal(
            ["anomaly.yaml:1: reader.queries.container_cpu: a query of the preset has this name; choose another, or leave its group out of preset"],
            Errors(query)
        );
        Assert.Equal("container_cpu", Assert.Single(Valid(query + "\npreset: [node, disk]").Reader.Queries).Name);
    }

    [Fact]
    public void Names_of_presets_are_those_that_a_server_with_everything_brings()
    {
        Assert.Equal(
            14,
            PresetNames.Of(PresetGroups.Node | PresetGroups.Disk | PresetGroups.Network).Count(n => n.StartsWith("node_", StringComparison.Ordinal))
        );
        Assert.Superset(
            new HashSet<string> { "http_requests", "http_errors", "istio_latency_p99" },
            PresetNames.Of(PresetGroups.Kubernetes).ToHashSet()
        );
        Assert.DoesNotContain("http_errors", PresetNames.Of(PresetGroups.Latency));
        Assert.Empty(PresetNames.Of(PresetGroups.None));
    }

    [Theory]
    [InlineData("reader: { url: http://p\n  step: }\n a", 2)]
    [InlineData("preset: node\npreset: disk\n", 2)]
    public void What_is_not_yaml_is_told_with_its_line(string text, int line) =>
        Assert.StartsWith($"anomaly.yaml:{line}: not YAML: ", Assert.Single(Errors(text)), StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_named()
    {
        var result = AnomalyConfiguration.Load("/nowhere/anomaly.yaml");
        Assert.False(result.IsValid);
        Assert.Equal("/nowhere/anomaly.yaml: no such file", Assert.Single(result.Errors).ToString());
    }

    private static AnomalyConfiguration Valid(string text)
    {
        var result = ConfigurationReader.Read(text, "anomaly.yaml", static name => name == "PROM_PASSWORD" ? "s3cret" : null);
        Assert.Empty(result.Errors);
        return result.Value!;
    }

    private static List<string> Errors(string text)
    {
        var result = ConfigurationReader.Read(text, "anomaly.yaml", static _ => null);
        Assert.False(result.IsValid);
        return [.. result.Errors.Select(static e => e.ToString())];
    }
}
