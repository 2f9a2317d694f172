using Dapr.Anomaly.Simulator.Cluster;
using Microsoft.Extensions.Time.Testing;

namespace Dapr.Anomaly.Simulator.Tests;

/// <summary>What the ground truth says must be seen in the series.</summary>
public sealed class NormalLifeTests
{
    private static readonly DateTimeOffset Noon = RunningSimulator.Noon;

    [Fact]
    public void Two_weeks_have_events_of_every_kind_for_some_seed_and_no_faults()
    {
        var kinds = Enumerable
            .Range(1, 12)
            .SelectMany(seed => NormalLife.Draw(Boutique.Workloads(12), HashNoise.Mix((ulong)seed, 0), Noon, Noon.AddDays(14)))
            .ToList();
        Assert.DoesNotContain(kinds, static e => e.IsAnomalous);
        Assert.Equal(
            [
                FaultKind.HealthyDeploy,
                FaultKind.LevelShift,
                FaultKind.Holiday,
                FaultKind.ScaleUp,
                FaultKind.NodeDrain,
                FaultKind.DaylightShift,
                FaultKind.PodRestart,
                FaultKind.DroppedScrapes,
                FaultKind.PrometheusRestart,
            ],
            kinds.Select(static e => e.Kind).Distinct().Order()
        );
    }

    [Fact]
    public void Events_follow_the_calendar_and_the_seed_not_the_start()
    {
        List<Fault> Draw(DateTimeOffset start) =>
            [.. NormalLife.Draw(Boutique.Workloads(12), 5, start, Noon.AddDays(14)).Where(static e => e.Start > Noon.AddDays(2))];
        Assert.Equal(Draw(Noon), Draw(Noon.AddDays(1)));
    }

    [Fact]
    public void A_scale_up_adds_pods_and_shares_the_same_work()
    {
        var cluster = Quiet();
        cluster.Inject(FaultKind.ScaleUp, "checkout", TimeSpan.FromHours(1), Noon.AddHours(-2));
        Assert.Equal(2, Available(cluster, "checkout", Noon.AddHours(-2.1)));
        Assert.Equal(3, Available(cluster, "checkout", Noon.AddHours(-1.5)));
        Assert.Equal(3, At(cluster, "kube_deployment_spec_replicas", "deployment", "checkout", Noon.AddHours(-1.5)).Single());
        Assert.Equal(2, Available(cluster, "checkout", Noon.AddHours(-0.5)));
        var (usual, scaled) = (Served(cluster, -2.6, -2.1), Served(cluster, -1.9, -1.4));
        Assert.InRange(scaled / usual, 0.8, 1.25);
    }

    [Fact]
    public void A_drained_node_loses_its_pods_to_others_and_all_are_ready_again()
    {
        var cluster = Quiet();
        cluster.Inject(FaultKind.NodeDrain, "node-1", TimeSpan.FromMinutes(10), Noon.AddHours(-1));
        Assert.Contains("node-1", NodesOf(cluster, Noon.AddHours(-1.1)));
        Assert.DoesNotContain("node-1", NodesOf(cluster, Noon.AddMinutes(-45)));
        Assert.All(Boutique.Workloads(12), spec => Assert.Equal(spec.Replicas, Available(cluster, spec.Name, Noon.AddMinutes(-45))));
    }

    [Fact]
    public void A_restart_of_prometheus_leaves_no_sample_of_anything()
    {
        var cluster = Quiet();
        cluster.Inject(FaultKind.PrometheusRestart, "", TimeSpan.FromMinutes(2), Noon.AddHours(-1));
        var snapshot = cluster.Snapshot;
        var step = snapshot.Grid.StepOf(Noon.AddMinutes(-59).ToUnixTimeMilliseconds());
        Assert.DoesNotContain(snapshot.Series, s => s.HasSample(step));
        Assert.Contains(snapshot.Series, s => s.HasSample(step + 20));
    }

    [Fact]
    public void A_pod_restart_sets_counters_back_and_counts_once()
    {
        var cluster = Quiet();
        cluster.Inject(FaultKind.PodRestart, "cart", TimeSpan.FromMinutes(1), Noon.AddHours(-1));
        Assert.Equal(0, Restarts(Noon.AddHours(-1.1)));
        Assert.Equal(1, Restarts(Noon.AddMinutes(-50)));
        Assert.True(
            At(cluster, "container_cpu_usage_seconds_total", "container", "server", Noon.AddMinutes(-50)).Min()
                < At(cluster, "container_cpu_usage_seconds_total", "container", "server", Noon.AddHours(-1.1)).Min()
        );

        double Restarts(DateTimeOffset at) => At(cluster, "kube_pod_container_status_restarts_total", "container", "server", at).Sum();
    }

    [Fact]
    public void A_daylight_shift_brings_the_day_an_hour_earlier()
    {
        var (usual, shifted) = (Quiet(), Quiet());
        shifted.Inject(FaultKind.DaylightShift, "", TimeSpan.FromHours(4), Noon.AddHours(-4));
        // The morning rises: an hour earlier there is more to do.
        Assert.True(Served(shifted, -3.5, -3) > 1.03 * Served(usual, -3.5, -3));
    }

    [Fact]
    public void Failures_are_whole_and_most_steps_have_none()
    {
        var cluster = Quiet();
        var snapshot = cluster.Snapshot;
        var failed = snapshot
            .Series.Where(static s =>
                s.Name == "http_request_duration_seconds_count" && s.Labels["code"] == "500" && s.Labels["service"] == "shipping"
            )
            .ToList();
        double[] rises = [.. Enumerable.Range(100, 600).SelectMany(step => failed.Select(s => s.Value(step) - s.Value(step - 1)))];
        Assert.All(rises, static r => Assert.Equal(Math.Round(r), r));
        Assert.InRange(rises.Count(static r => r == 0) / (double)rises.Length, 0.7, 0.999);
        Assert.Contains(rises, static r => r > 0);
    }

    [Fact]
    public void Cron_runs_are_told_where_the_work_shows()
    {
        var cluster = Quiet();
        var run = cluster.CronRuns(Noon.AddHours(-3), Noon.AddHours(-1)).First(static r => r.Workload == "boutique/recommendation");
        var cron = cluster.Snapshot.Specs.First(static s => s.Name == "recommendation").Cron!;
        var seed = HashNoise.Seed(cluster.Snapshot.Seed, run.Workload);
        Assert.True(cron.IsRunning(seed, run.Start.ToUnixTimeMilliseconds() + 1000));
        Assert.False(cron.IsRunning(seed, run.Start.ToUnixTimeMilliseconds() - 1000));
        Assert.False(cron.IsRunning(seed, run.End.ToUnixTimeMilliseconds() + 1000));
    }

    [Fact]
    public void A_lost_scrape_is_told_where_a_sample_is_missing()
    {
        var cluster = Quiet();
        var snapshot = cluster.Snapshot;
        var load = snapshot.Series.First(static s => s.Name == "node_load1" && s.Labels["instance"] == "node-2");
        var lost = Enumerable.Range(100, 1200).First(step => !load.HasSample(step));
        var at = DateTimeOffset.FromUnixTimeMilliseconds(snapshot.Grid.TimeOf(lost));
        Assert.True(cluster.LostScrape("node-2", at, at));
        Assert.Contains(Enumerable.Range(100, 1200), step => !Told(step));

        bool Told(long step)
        {
            var instant = DateTimeOffset.FromUnixTimeMilliseconds(snapshot.Grid.TimeOf(step));
            return cluster.LostScrape("boutique/cart", instant, instant);
        }
    }

    /// <summary>A cluster whose six hours no drawn event touches.</summary>
    private static SimulatedCluster Quiet()
    {
        for (var seed = 1; ; seed++)
        {
            var cluster = new SimulatedCluster(new() { Seed = seed, History = TimeSpan.FromHours(6) }, new FakeTimeProvider(Noon));
            if (cluster.Events.All(static e => e.Start > Noon))
                return cluster;
        }
    }

    private static double Available(SimulatedCluster cluster, string deployment, DateTimeOffset at) =>
        At(cluster, "kube_deployment_status_replicas_available", "deployment", deployment, at).Single();

    private static IEnumerable<string> NodesOf(SimulatedCluster cluster, DateTimeOffset at)
    {
        var step = cluster.Snapshot.Grid.StepOf(at.ToUnixTimeMilliseconds());
        return cluster.Snapshot.Series.Where(s => s.Name == "kube_pod_info" && step >= s.From && step < s.To).Select(static s => s.Labels["node"]);
    }

    /// <summary>Requests that checkout served between two hours before noon.</summary>
    private static double Served(SimulatedCluster cluster, double from, double to)
    {
        var grid = cluster.Snapshot.Grid;
        var (first, last) = (Step(from), Step(to));
        return cluster
            .Snapshot.Series.Where(static s =>
                s.Name == "http_request_duration_seconds_count" && s.Labels["code"] == "200" && s.Labels["service"] == "checkout"
            )
            .Sum(s => s.From >= last || s.To <= first ? 0 : s.Value(Math.Min(last, s.To - 1)) - s.Value(Math.Max(first, s.From)));

        long Step(double hours) => grid.StepOf(Noon.AddHours(hours).ToUnixTimeMilliseconds());
    }

    private static IEnumerable<double> At(SimulatedCluster cluster, string name, string label, string value, DateTimeOffset at)
    {
        var step = cluster.Snapshot.Grid.StepOf(at.ToUnixTimeMilliseconds());
        return cluster
            .Snapshot.Series.Where(s => s.Name == name && s.Labels[label] == value && step >= s.From && step < s.To)
            .Select(s => s.Value(step));
    }
}
