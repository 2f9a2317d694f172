namespace Dapr.Anomaly.Platform.Prometheus.Presets;

/// <summary>Picks the preset queries that a server can answer, by the names of its metrics and the labels that they carry.</summary>
public static class PresetDetector
{
    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(10);

    /// <summary>Asks the server for its metric names, its scrape interval, and the labels of one metric for each exporter.</summary>
    /// <param name="client">The server.</param>
    /// <param name="groups">What the configuration wants.</param>
    /// <param name="now">Instant to look at, together with the ten minutes before it.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    /// <exception cref="PrometheusException">The server does not answer.</exception>
    public static async Task<DetectedPresets> DetectAsync(
        PrometheusClient client,
        PresetGroups groups,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var metrics = (await client.LabelValuesAsync("__name__", now - Recent, now, cancellationToken)).ToHashSet();
        var interval = await ScrapeIntervalAsync(client, now, cancellationToken);
        var range = RateWindow(interval);
        var window = PromDuration.Format(range);
        var hasOwners = metrics.Contains("kube_pod_owner") && metrics.Contains("kube_replicaset_owner");
        var pods = hasOwners ? WorkloadSource.Owners : WorkloadSource.PodNames;

        PresetMatch Match(string exporter, string probe, Func<IEnumerable<PresetQuery>> queries, string missing = "") =>
            metrics.Contains(probe)
                ? new(
                    exporter,
                    true,
                    [.. queries().Where(q => groups.HasFlag(q.Group) && q.Metrics.All(metrics.Contains)).Select(static q => q.Signal)]
                )
                : new(exporter, false, [], missing);

        List<PresetMatch> matches = [];
        var node =
            metrics.Contains("node_load1") && (await LabelsAsync(client, "node_load1", now, cancellationToken)).Contains("node")
                ? "node"
                : "instance";
        matches.Add(Match("node-exporter", "node_cpu_seconds_total", () => NodePreset.Queries(node, window), "nodes are not watched"));
        matches.Add(
            Match("cAdvisor", "container_cpu_usage_seconds_total", () => ContainerPreset.Queries(pods, window), "containers are not watched")
        );
        matches.Add(
            Match(
                "kube-state-metrics",
                "kube_pod_owner",
                KubeStatePreset.Queries,
                "workload names are guessed from pod names; restarts and replicas are not watched"
            )
        );
        foreach (var histogram in RequestHistogram.WellKnown)
            if (metrics.Contains($"{histogram.Base}_count"))
            {
                var labels = await LabelsAsync(client, $"{histogram.Base}_count", now, cancellationToken);
                matches.Add(Match(histogram.Source, $"{histogram.Base}_count", () => histogram.Queries(labels, pods, window)));
            }
        if (matches.Count == 3)
            matches.Add(
                new(
                    "HTTP services",
                    false,
                    [],
                    "no request histogram of a known name; request rate, errors and latency are not watched unless reader.queries names some"
                )
            );
        return new(matches, pods, interval, range);
    }

    private static TimeSpan RateWindow(TimeSpan scrapeInterval) => TimeSpan.FromSeconds(Math.Ceiling(Math.Max(60, 4 * scrapeInterval.TotalSeconds)));

    private static async Task<TimeSpan> ScrapeIntervalAsync(PrometheusClient client, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var counts = await client.QueryAsync(new PromQuery("scrape interval", "quantile(0.5, count_over_time(up[10m]))"), now, cancellationToken);
        // A server that began a moment ago, or has no "up" (remote write only), tells nothing: then the usual 15 s.
        return counts is [{ Values: [>= 8 and var count, ..] }]
            ? TimeSpan.FromSeconds(Math.Max(1, Math.Round(Recent.TotalSeconds / count)))
            : TimeSpan.FromSeconds(15);
    }

    private static async Task<IReadOnlySet<string>> LabelsAsync(
        PrometheusClient client,
        string metric,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var series = await client.QueryAsync(new PromQuery(metric, $"topk(3, {metric})"), now, cancellationToken);
        return series.SelectMany(static s => s.Labels.Select(static l => l.Key)).ToHashSet();
    }
}
