using System.Net;
using System.Net.Http.Json;
using CsCheck;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Simulator.Api;
using Dapr.Anomaly.Simulator.Cluster;
using Dapr.Anomaly.Simulator.PromQl;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Simulator.Tests;

public sealed class SimulatedClusterTests
{
    private static readonly DateTimeOffset Noon = RunningSimulator.Noon;
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void The_same_seed_gives_the_same_values_and_another_seed_others()
    {
        double[] Values(int seed) =>
            [.. Cluster(new() { Seed = seed, History = TimeSpan.FromHours(6) }).Snapshot.Series.Select(static s => s.Value(1000))];
        Assert.Equal(Values(7), Values(7));
        Assert.NotEqual(Values(7), Values(8));
    }

    [Fact]
    public void Values_do_not_depend_on_the_order_in_which_they_are_asked_for()
    {
        var forward = Cluster(new() { History = TimeSpan.FromHours(6) }).Snapshot.Series;
        var backward = Cluster(new() { History = TimeSpan.FromHours(6) }).Snapshot.Series;
        long[] steps = [20, 700, 1400];
        var first = steps.ToDictionary(static s => s, step => forward.Select(s => s.Value(step)).ToArray());
        foreach (var step in steps.Reverse())
            Assert.Equal(first[step], backward.Select(s => s.Value(step)));
    }

    [Fact]
    public void Counters_fall_only_where_a_container_began_anew()
    {
        var cluster = Cluster(new() { History = TimeSpan.FromHours(4) });
        cluster.Inject(FaultKind.MemoryLeak, "cart", TimeSpan.FromMinutes(20), Noon.AddHours(-2));
        cluster.Inject(FaultKind.BadDeploy, "checkout", TimeSpan.FromMinutes(20), Noon.AddHours(-3));
        var falls = new HashSet<string>();
        foreach (var series in cluster.Snapshot.Series.Where(static s => s.IsCounter))
            for (long step = series.From + 1, last = Math.Min(series.To, 960); step < last; step++)
                if (series.Value(step) < series.Value(step - 1))
                    falls.Add($"{series.Labels["pod"].Split('-')[0]}/{series.Labels["container"]}");
        Assert.Equal(["cart/server"], falls);
    }

    [Fact]
    public void Buckets_are_cumulative_up_to_the_count()
    {
        var snapshot = Cluster(new() { History = TimeSpan.FromHours(4) }).Snapshot;
        foreach (
            var pod in snapshot
                .Series.Where(static s => s.Name == "http_request_duration_seconds_bucket" && s.From <= 900 && s.To > 900)
                .GroupBy(static s => (s.Labels["pod"], s.Labels["code"]))
        )
        {
            double[] counts = [.. pod.Select(static s => s.Value(900))];
            Assert.Equal(12, counts.Length);
            Assert.True(counts.SequenceEqual(counts.Order()));
            Assert.Equal(
                snapshot
                    .Series.Single(s => s.Name == "http_request_duration_seconds_count" && (s.Labels["pod"], s.Labels["code"]) == pod.Key)
                    .Value(900),
                counts[^1]
            );
        }
    }

    [Fact]
    public void Warped_clocks_never_run_backwards() =>
        Gen.Select(Gen.ULong, Gen.Double[0, 2e9], Gen.Double[0.1, 5000])
            .Sample((seed, t, ahead) => t + ahead + HashNoise.Warp(seed, t + ahead) > t + HashNoise.Warp(seed, t));

    [Theory]
    [InlineData(FaultKind.Cpu, "sum(rate(container_cpu_usage_seconds_total{pod=~\"checkout-.*\",container=\"server\"}[1m]))", 3)]
    [InlineData(
        FaultKind.Cpu,
        "sum(rate(container_cpu_cfs_throttled_periods_total{pod=~\"checkout-.*\",container=\"server\"}[1m])) / "
            + "sum(rate(container_cpu_cfs_periods_total{pod=~\"checkout-.*\",container=\"server\"}[1m])) + 0.01",
        20
    )]
    [InlineData(FaultKind.Cpu, "histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{service=\"checkout\"}[1m])))", 1.5)]
    [InlineData(FaultKind.MemoryLeak, "max(container_memory_working_set_bytes{pod=~\"checkout-.*\",container=\"server\"})", 1.4)]
    [InlineData(FaultKind.Errors, "sum(rate(http_request_duration_seconds_count{service=\"checkout\",code=\"500\"}[1m])) + 0.01", 15)]
    [InlineData(
        FaultKind.Latency,
        "histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket{service=\"checkout\"}[1m])))",
        1.5
    )]
    [InlineData(FaultKind.TrafficSurge, "sum(rate(http_request_duration_seconds_count{service=\"payment\"}[1m]))", 2.5)]
    [InlineData(FaultKind.BadDeploy, "sum(rate(http_request_duration_seconds_count{service=\"checkout\",code=\"500\"}[1m])) + 0.01", 4)]
    [InlineData(FaultKind.LevelShift, "sum(rate(http_request_duration_seconds_count{service=\"payment\"}[1m]))", 1.05)]
    [InlineData(FaultKind.CrashLoop, "sum(kube_pod_container_status_restarts_total{pod=~\"checkout-.*\",container=\"server\"}) + 1", 4)]
    public async Task A_fault_moves_what_it_should_and_nothing_before_it(FaultKind kind, string expr, double atLeastTimes)
    {
        await using var simulator = await RunningSimulator.StartAsync(new() { History = TimeSpan.FromHours(3) });
        var query = new PromQuery("q", expr);
        async Task<double> At(DateTimeOffset time) => Assert.Single((await simulator.Client.QueryAsync(query, time, Cancellation))[0].Values);
        var (quietBefore, quietDuring) = (await At(Noon.AddMinutes(-31)), await At(Noon.AddMinutes(-23)));
        simulator.Cluster.Inject(kind, "checkout", TimeSpan.FromMinutes(10), Noon.AddMinutes(-30));

        Assert.Equal(quietBefore, await At(Noon.AddMinutes(-31)));
        var during = await At(Noon.AddMinutes(-23));
        Assert.True(during > atLeastTimes * quietDuring, $"{during} is not {atLeastTimes} times {quietDuring}");
    }

    [Fact]
    public async Task A_disk_fills_only_where_there_is_a_volume()
    {
        await using var simulator = await RunningSimulator.StartAsync(new() { History = TimeSpan.FromHours(1) });
        var query = new PromQuery("q", "1 - kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes");
        simulator.Cluster.Inject(FaultKind.DiskFill, "redis", TimeSpan.FromMinutes(20), Noon.AddMinutes(-21));
        Assert.InRange(Assert.Single((await simulator.Client.QueryAsync(query, Noon.AddMinutes(-2), Cancellation))[0].Values), 0.9, 0.97);
        Assert.InRange(Assert.Single((await simulator.Client.QueryAsync(query, Noon, Cancellation))[0].Values), 0.4, 0.47);
        var error = Assert.Throws<ArgumentException>(() => simulator.Cluster.Inject(FaultKind.DiskFill, "cart", TimeSpan.FromMinutes(20), null));
        Assert.Equal("workload \"cart\" has no volume; write boutique/redis", error.Message);
    }

    [Fact]
    public async Task Lost_scrapes_take_the_histogram_away_and_leave_up_at_0()
    {
        await using var simulator = await RunningSimulator.StartAsync(new() { History = TimeSpan.FromHours(1) });
        simulator.Cluster.Inject(FaultKind.ScrapeLoss, "checkout", TimeSpan.FromMinutes(10), Noon.AddMinutes(-5));
        async Task<IReadOnlyList<PrometheusSeries>> At(string expr, int minutes) =>
            await simulator.Client.QueryAsync(new("q", expr), Noon.AddMinutes(minutes), Cancellation);
        Assert.Equal(0, Assert.Single(Assert.Single(await At("sum(up{service=\"checkout\"})", -1)).Values));
        Assert.Empty(await At("http_request_duration_seconds_count{service=\"checkout\"}", -1));
        Assert.NotEmpty(await At("http_request_duration_seconds_count{service=\"checkout\"}", -6));
        Assert.NotEmpty(await At("http_request_duration_seconds_count{service=\"cart\"}", -1));
    }

    [Fact]
    public async Task A_healthy_deploy_changes_the_pods_and_little_else()
    {
        await using var simulator = await RunningSimulator.StartAsync(new() { History = TimeSpan.FromHours(3) });
        async Task<double> At(string expr, int minutes) =>
            Assert.Single(Assert.Single(await simulator.Client.QueryAsync(new("q", expr), Noon.AddMinutes(minutes), Cancellation)).Values);
        const string Cpu = "sum(rate(container_cpu_usage_seconds_total{pod=~\"checkout-.*\",container=\"server\"}[1m]))";
        var before = await At(Cpu, -25);
        simulator.Cluster.Inject(FaultKind.HealthyDeploy, "checkout", TimeSpan.FromMinutes(5), Noon.AddMinutes(-30));
        Assert.Equal(before, await At(Cpu, -25), 0.05 * before);
        Assert.Equal(2, await At("count(kube_pod_info{pod=~\"checkout-.*\"})", -25));
        Assert.Equal(0, await At("count(kube_pod_info{pod=~\"checkout-.*\"}) - count(kube_pod_info{pod=~\"checkout-.*\"} offset 10m)", -25));
        Assert.Empty(
            await simulator.Client.QueryAsync(
                new("q", "kube_pod_info{pod=~\"checkout-.*\"} and on (pod) kube_pod_info offset 10m"),
                Noon.AddMinutes(-25),
                Cancellation
            )
        );
        Assert.Equal(
            1,
            await At(
                "kube_deployment_status_observed_generation{deployment=\"checkout\"} - "
                    + "kube_deployment_status_observed_generation{deployment=\"checkout\"} offset 10m",
                -25
            )
        );
    }

    [Fact]
    public async Task Live_data_follow_the_clock_and_the_future_is_not_told()
    {
        await using var simulator = await RunningSimulator.StartAsync(new() { History = TimeSpan.FromHours(1), Workloads = 1 });
        var range = new PromQuery("q", "count_over_time(node_load1{instance=\"node-1\"}[15s])");
        async Task<long> Last() =>
            (await simulator.Client.QueryRangeAsync(range, Noon.AddMinutes(-5), Noon.AddMinutes(30), TimeSpan.FromSeconds(15), Cancellation))[
                0
            ].TimestampsMs[^1];
        var before = await Last();
        simulator.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(600_000, await Last() - before, 30_000.0);
        Assert.True(await Last() <= Noon.AddMinutes(10).AddSeconds(15).ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task Faults_are_injected_listed_and_ended_over_http()
    {
        await using var simulator = await RunningSimulator.StartAsync(new() { History = TimeSpan.FromHours(1) });
        using var http = new HttpClient { BaseAddress = simulator.Url };
        using var created = await http.PostAsJsonAsync(
            "/simulator/faults",
            new
            {
                kind = "cpu",
                workload = "checkout",
                duration = "5m",
            },
            Cancellation
        );
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        simulator.Time.Advance(TimeSpan.FromMinutes(1));
        var fault = Assert.Single((await http.GetFromJsonAsync<List<FaultView>>("/simulator/labels", Cancellation))!, static f => f.Anomalous);
        Assert.Equal(
            ("cpu", "boutique/checkout", true, TimeSpan.FromMinutes(5)),
            (fault.Kind, fault.Workload, fault.Active, fault.End - fault.Start)
        );
        using var ended = await http.DeleteAsync($"/simulator/faults/{fault.Id}", Cancellation);
        Assert.Equal(HttpStatusCode.OK, ended.StatusCode);
        Assert.Equal(
            Noon.AddMinutes(1),
            Assert.Single((await http.GetFromJsonAsync<List<FaultView>>("/simulator/faults", Cancellation))!, static f => f.Anomalous).End
        );

        using var unknown = await http.PostAsJsonAsync("/simulator/faults", new { kind = "cpux", workload = "checkout" }, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.Contains("write one of cpu, memory, errors", await unknown.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_page_holds_the_newest_samples()
    {
        await using var simulator = await RunningSimulator.StartAsync(new() { History = TimeSpan.FromHours(1), Workloads = 2 });
        using var http = new HttpClient { BaseAddress = simulator.Url };
        var page = await http.GetStringAsync("/metrics", Cancellation);
        Assert.Contains("# TYPE container_cpu_usage_seconds_total counter\n", page, StringComparison.Ordinal);
        Assert.Contains("# TYPE http_request_duration_seconds histogram\n", page, StringComparison.Ordinal);
        Assert.Matches("container_memory_working_set_bytes\\{container=\"redis\",[^}]*\\} [0-9]+\n", page);
    }

    [Fact]
    public void History_faults_are_labelled_apart_and_leave_the_last_two_hours_quiet()
    {
        var events = Cluster(new() { History = TimeSpan.FromDays(7), HistoryFaults = 27 }).Events;
        Assert.Equal(27, events.Count(static e => e.IsAnomalous));
        Assert.Equal(9, events.Where(static e => e.IsAnomalous).Select(static e => e.Kind).Distinct().Count());
        Assert.Contains(events, static e => e.Kind == FaultKind.HealthyDeploy);
        Assert.All(events.Where(static e => e.IsAnomalous), static e => Assert.True(e.Start < Noon.AddHours(-2) && e.End <= Noon));
        Assert.All(events, static e => Assert.False(IsInQuietTime(e.Start) || IsInQuietTime(e.End), $"{e}"));

        static bool IsInQuietTime(DateTimeOffset at) => at >= Noon.AddHours(-2) && at < Noon.AddHours(1);
    }

    [Fact]
    public void Wrong_options_are_refused_with_what_would_be_right() =>
        Assert.Equal(
            [
                "The field Workloads must be between 1 and 1200.",
                "step 7 s does not divide an hour; write 5s, 10s, 15s, 30s or 1m",
                "history of 0 h is out of range; write 1h to 90d",
            ],
            new SimulatorOptions
            {
                Workloads = 0,
                Step = TimeSpan.FromSeconds(7),
                History = TimeSpan.Zero,
            }.Errors()
        );

    [Fact]
    public void A_pod_that_ends_leaves_a_stale_marker()
    {
        var cluster = Cluster(new() { History = TimeSpan.FromHours(2) });
        cluster.Inject(FaultKind.HealthyDeploy, "redis", TimeSpan.FromMinutes(5), Noon.AddHours(-1));
        var snapshot = cluster.Snapshot;
        var old = snapshot.Series.First(static s => s.Name == "kube_pod_info" && s.Labels["pod"].StartsWith("redis-", StringComparison.Ordinal));
        var window = new SampleWindow();
        old.Read(snapshot.Grid, Noon.AddMinutes(-61).ToUnixTimeMilliseconds(), Noon.ToUnixTimeMilliseconds(), window);
        Assert.True(Missing.Is(window.Values[^1]));
        Assert.Equal(Noon.AddHours(-1).ToUnixTimeMilliseconds(), window.Timestamps[^1]);
        Assert.False(Missing.Is(window.Values[0]));
    }

    private static SimulatedCluster Cluster(SimulatorOptions options) => new(options, new FakeTimeProvider(Noon));
}
