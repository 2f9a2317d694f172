using System.Text;
using System.Text.RegularExpressions;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Platform.Prometheus.Presets;
using Dapr.Anomaly.Platform.Tests.Prometheus;
using Dapr.Anomaly.Simulator.Api;
using Dapr.Anomaly.Simulator.Cluster;
using Dapr.Anomaly.Simulator.PromQl;

namespace Dapr.Anomaly.Simulator.Tests;

/// <summary>The same raw samples in the simulator and in a real Prometheus give the same answers.</summary>
public sealed class RealPrometheusAgreementTests
{
    private static readonly TimeSpan Slice = TimeSpan.FromMinutes(40);
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_preset_query_and_the_rest_of_the_language_are_answered_as_by_a_real_Prometheus()
    {
        RealPrometheus.Require();
        await using var simulator = await RunningSimulator.StartAsync(new SimulatorOptions { History = TimeSpan.FromHours(3) });
        var now = RunningSimulator.Noon;
        simulator.Cluster.Inject(FaultKind.Cpu, "checkout", TimeSpan.FromMinutes(6), now.AddMinutes(-18));
        simulator.Cluster.Inject(FaultKind.MemoryLeak, "cart", TimeSpan.FromMinutes(8), now.AddMinutes(-16));
        simulator.Cluster.Inject(FaultKind.Errors, "payment", TimeSpan.FromMinutes(5), now.AddMinutes(-10));
        simulator.Cluster.Inject(FaultKind.CrashLoop, "ad", TimeSpan.FromMinutes(8), now.AddMinutes(-12));
        await using var prometheus = await RealPrometheus.StartAsync(OpenMetrics(simulator.Cluster.Snapshot, now - Slice, now));
        using var real = prometheus.Client();

        var presets = await PresetDetector.DetectAsync(simulator.Client, PresetGroups.Kubernetes, now, Cancellation);
        Assert.Equal(31, presets.Queries.Count);
        var queries = presets.Queries.Select(q => q.Query).Concat(Language.Select(static (expr, i) => new PromQuery($"language{i}", expr))).ToList();
        var (points, differences) = (0, new List<string>());
        foreach (var query in queries)
        {
            var ours = await simulator.Client.QueryRangeAsync(query, now.AddMinutes(-25), now, TimeSpan.FromSeconds(30), Cancellation);
            var theirs = await real.QueryRangeAsync(query, now.AddMinutes(-25), now, TimeSpan.FromSeconds(30), Cancellation);
            points += theirs.Sum(static s => s.Values.Length);
            differences.AddRange(Differences(query, ours, theirs));
        }
        Assert.True(differences.Count == 0, $"{differences.Count} differences, such as\n{string.Join('\n', differences.Take(20))}");
        Assert.True(points > 20_000, $"only {points} points were compared");
    }

    /// <summary>Kubernetes lets a pod name several owners; servers refuse a join that finds two.</summary>
    [Theory]
    [InlineData("owner_is_controller=\"false\"")]
    [InlineData("owner_is_controller=\"true\"")]
    [InlineData("")]
    public async Task A_pod_with_two_owners_takes_no_query_down_and_has_one_workload(string isController)
    {
        RealPrometheus.Require();
        await using var simulator = await RunningSimulator.StartAsync(new SimulatorOptions { History = TimeSpan.FromHours(1), Workloads = 2 });
        var now = RunningSimulator.Noon;
        var metrics = OpenMetrics(simulator.Cluster.Snapshot, now - Slice, now);
        await using var prometheus = await RealPrometheus.StartAsync(WithSecondOwners(metrics, isController));
        using var real = prometheus.Client();

        foreach (var query in (await PresetDetector.DetectAsync(real, PresetGroups.Kubernetes, now, Cancellation)).Queries)
        {
            var ours = await simulator.Client.QueryRangeAsync(query.Query, now.AddMinutes(-10), now, TimeSpan.FromSeconds(30), Cancellation);
            var theirs = await real.QueryRangeAsync(query.Query, now.AddMinutes(-10), now, TimeSpan.FromSeconds(30), Cancellation);
            // Two controllers, or owners that do not say, are one too many for Kubernetes, too: then no more is asked than an answer.
            if (isController.Contains("false", StringComparison.Ordinal))
                Assert.Empty(Differences(query.Query, ours, theirs));
        }
    }

    [Theory]
    [InlineData("sum(rate(x[2m])))")]
    [InlineData("rate(x)")]
    [InlineData("sum(")]
    [InlineData("x{a=}")]
    [InlineData("1 == 2")]
    [InlineData("nosuch(x)")]
    [InlineData("{a!=\"b\"}")]
    [InlineData("x and 1")]
    [InlineData("")]
    [InlineData("x[5m] + 1")]
    public async Task What_Prometheus_refuses_is_refused_in_the_same_form(string expr)
    {
        await using var simulator = await RunningSimulator.StartAsync(new SimulatorOptions { History = TimeSpan.FromHours(1), Workloads = 1 });
        await using var prometheus = await RealPrometheus.StartAsync(null);
        using var real = prometheus.Client();
        var ours = await Assert.ThrowsAsync<PrometheusException>(() =>
            simulator.Client.QueryAsync(new("q", expr), RunningSimulator.Noon, Cancellation)
        );
        var theirs = await Assert.ThrowsAsync<PrometheusException>(() => real.QueryAsync(new("q", expr), RunningSimulator.Noon, Cancellation));
        Assert.Equal(theirs.Failure, ours.Failure);
        Assert.Equal(theirs.Message.Split(':')[0], ours.Message.Split(':')[0]);
        Assert.Equal(
            theirs.Message.Contains("parse error", StringComparison.Ordinal),
            ours.Message.Contains("parse error", StringComparison.Ordinal)
        );
    }

    /// <summary>Beyond the presets: one expression for each thing the evaluator claims to know.</summary>
    private static readonly string[] Language =
    [
        "irate(node_cpu_seconds_total{mode=\"idle\"}[1m])",
        "increase(container_cpu_usage_seconds_total{container=\"server\"}[3m])",
        "delta(container_memory_working_set_bytes[2m])",
        "idelta(node_load1[2m])",
        "deriv(container_memory_working_set_bytes{container=\"server\"}[4m])",
        "predict_linear(node_memory_MemAvailable_bytes[5m], 3600)",
        "changes(kube_pod_status_ready{condition=\"true\"}[5m])",
        "resets(container_cpu_usage_seconds_total[10m])",
        "avg_over_time(node_load1[2m])",
        "min_over_time(node_load1[2m])",
        "max_over_time(node_load1[2m])",
        "sum_over_time(node_load1[2m])",
        "count_over_time(up[2m])",
        "last_over_time(node_load1[2m])",
        "stddev_over_time(node_load1[2m])",
        "quantile_over_time(0.7, node_load1[3m])",
        "rate(container_cpu_usage_seconds_total{pod=~\"cart-.*\",container!=\"daprd\"}[1m] offset 2m)",
        "sum by (mode) (rate(node_cpu_seconds_total[1m]))",
        "avg without (cpu, job) (rate(node_cpu_seconds_total[1m]))",
        "count(up)",
        "min(node_load1)",
        "max by (instance) (node_load1)",
        "stddev(node_load1)",
        "quantile(0.9, container_memory_working_set_bytes)",
        "topk(3, container_memory_working_set_bytes)",
        "bottomk(2, node_load1)",
        "node_load1 / on (instance) count by (instance) (node_cpu_seconds_total{mode=\"idle\"})",
        "container_memory_working_set_bytes / on (namespace, pod, "
            + "container) group_left kube_pod_container_resource_limits{resource=\"memory\"} > 0.3",
        "node_load1 > bool 1",
        "1 < bool node_load1",
        "node_load1 == node_load1",
        "-node_load1 ^ 2",
        "2 ^ 3 ^ 2 + 10 % 4 - 1",
        "kube_deployment_spec_replicas > 1 and on (deployment) kube_deployment_status_replicas_available < 2",
        "kube_deployment_spec_replicas unless on (deployment) (kube_deployment_status_replicas_available == 2)",
        "(node_load1 > 1) or node_load1 * 0",
        "label_replace(node_load1, \"host\", \"h-$1\", \"instance\", \"node-(.*)\")",
        "clamp(node_load1, 0.5, 1)",
        "clamp_min(node_load1, 1)",
        "clamp_max(node_load1, 1)",
        "round(node_load1, 0.5)",
        "abs(-node_load1)",
        "ceil(node_load1)",
        "ln(node_load1)",
        "sqrt(node_load1)",
        "histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[2m])))",
        "histogram_quantile(0.99, rate(http_request_duration_seconds_bucket{code=\"200\"}[2m]))",
        "absent(nosuch{a=\"b\"})",
        "absent(up)",
        "vector(time())",
        "scalar(count(up)) + 1",
        "timestamp(node_load1)",
        "time() - 5",
    ];

    private static IEnumerable<string> Differences(PromQuery query, IReadOnlyList<PrometheusSeries> ours, IReadOnlyList<PrometheusSeries> theirs)
    {
        var right = theirs.ToDictionary(static s => s.Labels);
        foreach (var series in ours)
        {
            if (!right.Remove(series.Labels, out var other))
                yield return $"{query.Name} {query.Expr}: {series.Labels} is ours alone";
            else if (!series.TimestampsMs.SequenceEqual(other.TimestampsMs) || series.NonFinite != other.NonFinite)
                yield return $"{query.Name} {query.Expr}: {series.Labels} has {series.Values.Length} + {series.NonFinite} points, "
                    + $"not {other.Values.Length} + {other.NonFinite}";
            else if (
                Enumerable
                    .Range(0, series.Values.Length)
                    .FirstOrDefault(i => Math.Abs(series.Values[i] - other.Values[i]) > 1e-9 + 1e-6 * Math.Abs(other.Values[i]), -1)
                is >= 0
                    and var at
            )
                yield return $"{query.Name} {query.Expr}: {series.Labels} is {series.Values[at]:R} at {series.TimestampsMs[at]}, "
                    + $"not {other.Values[at]:R}";
        }
        foreach (var labels in right.Keys)
            yield return $"{query.Name} {query.Expr}: {labels} is missing";
    }

    /// <summary>Each pod and each replica set gets a second owner of another kind.</summary>
    private static string WithSecondOwners(string openMetrics, string isController)
    {
        StringBuilder text = new();
        foreach (var line in openMetrics.Split('\n'))
        {
            text.Append(line).Append('\n');
            if (line.StartsWith("kube_pod_owner{", StringComparison.Ordinal) || line.StartsWith("kube_replicaset_owner{", StringComparison.Ordinal))
                text.Append(Second(line)).Append('\n');
        }
        return text.ToString().TrimEnd('\n') + "\n";

        string Second(string line)
        {
            var kind = line.StartsWith("kube_pod_owner", StringComparison.Ordinal) ? "Job" : "Rollout";
            var other = Regex.Replace(line, "owner_kind=\"[^\"]*\"", $"owner_kind=\"{kind}\"");
            other = Regex.Replace(other, "owner_name=\"([^\"]*)\"", "owner_name=\"another-$1\"");
            return Regex.Replace(other, "owner_is_controller=\"[^\"]*\"(,?)", isController.Length == 0 ? "" : isController + "$1");
        }
    }

    private static string OpenMetrics(ClusterSnapshot snapshot, DateTimeOffset from, DateTimeOffset to)
    {
        var text = new StringBuilder();
        var window = new SampleWindow();
        foreach (var series in snapshot.Series.OrderBy(static s => s.Name, StringComparer.Ordinal))
        {
            window.Clear();
            series.Read(snapshot.Grid, from.ToUnixTimeMilliseconds(), to.ToUnixTimeMilliseconds(), window);
            var labels = Exposition.LabelText(series.Labels);
            for (var i = 0; i < window.Count; i++)
                text.Append(series.Name)
                    .Append(labels)
                    .Append(' ')
                    .Append(Evaluator.Number(window.Values[i]))
                    .Append(' ')
                    .Append(window.Timestamps[i] / 1000)
                    .Append('\n');
        }
        return text.Append("# EOF\n").ToString();
    }
}
