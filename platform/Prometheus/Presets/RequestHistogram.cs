using Dapr.Anomaly.Core.Series;
using static Dapr.Anomaly.Core.Series.DetectionDirection;

namespace Dapr.Anomaly.Platform.Prometheus.Presets;

/// <summary>A request histogram that a framework, an ingress or a mesh exports under a well-known name.</summary>
/// <param name="Source">Who exports it, for people.</param>
/// <param name="Base">Name without <c>_bucket</c> and <c>_count</c>.</param>
/// <param name="Prefix">Begin of the aliases of its queries.</param>
/// <param name="Seconds">Length of its unit in seconds: 1, or 0.001.</param>
/// <param name="Selector">Matchers that keep it from counting twice.</param>
internal sealed record RequestHistogram(string Source, string Base, string Prefix, double Seconds = 1, string Selector = "")
{
    public static readonly IReadOnlyList<RequestHistogram> WellKnown =
    [
        new("HTTP services", "http_request_duration_seconds", "http"),
        new("HTTP services (OpenTelemetry)", "http_server_request_duration_seconds", "http_server"),
        new("HTTP services (Micrometer)", "http_server_requests_seconds", "http_server_requests"),
        new("HTTP services (OpenTelemetry, ms)", "http_server_duration_milliseconds", "http_server_ms", 0.001),
        new("ingress-nginx", "nginx_ingress_controller_request_duration_seconds", "ingress"),
        new("istio", "istio_request_duration_milliseconds", "istio", 0.001, "reporter=\"destination\""),
    ];

    private static readonly string[] CodeLabels = ["code", "status", "status_code", "http_response_status_code", "http_status_code", "response_code"];
    private static readonly string[] WorkloadLabels = ["destination_workload", "ingress", "service", "service_name", "app", "job"];
    private static readonly string[] NamespaceLabels = ["destination_workload_namespace", "exported_namespace", "namespace"];

    /// <summary>Queries of one histogram, keyed as its labels allow.</summary>
    /// <param name="labels">Label names of <c>Base_count</c>.</param>
    /// <param name="pods">How pods become workloads.</param>
    /// <param name="window">Range of <c>rate</c>, such as <c>1m</c>.</param>
    public IEnumerable<PresetQuery> Queries(IReadOnlySet<string> labels, WorkloadSource pods, string window)
    {
        var keyed = Key(labels, pods);
        var by = keyed.By;
        string Rate(string suffix, string selector = "") =>
            keyed.Add(
                $$"""rate({{Base}}_{{suffix}}{{{string.Join(",", new[] { Selector, selector }.Where(static s => s.Length > 0))}}}[{{window}}])"""
            );
        string Quantile(string q) => (Seconds == 1 ? "" : "0.001 * ") + $"histogram_quantile({q}, sum by ({by}, le) ({Rate("bucket")}))";
        PresetQuery Query(
            PresetGroups group,
            string name,
            SignalKind kind,
            string unit,
            string metric,
            string expr,
            DetectionDirection direction,
            double minDev
        ) => new(group, [$"{Base}_{metric}"], new SignalQuery(new PromQuery($"{Prefix}_{name}", expr), kind, unit, direction, minDev));

        var total = $"sum by ({by}) ({Rate("count")})";
        yield return Query(PresetGroups.Latency, "requests", SignalKind.Traffic, "req/s", "count", total, Both, 0.5);
        yield return Query(PresetGroups.Latency, "latency_p50", SignalKind.Latency, "s", "bucket", Quantile("0.5"), AboveExpected, 0.002);
        yield return Query(PresetGroups.Latency, "latency_p99", SignalKind.Latency, "s", "bucket", Quantile("0.99"), AboveExpected, 0.005);
        if (CodeLabels.FirstOrDefault(labels.Contains) is { } code)
            yield return Query(
                PresetGroups.Errors,
                "errors",
                SignalKind.Errors,
                "ratio",
                "count",
                $"(sum by ({by}) ({Rate("count", $"{code}=~\"5..\"")}) or 0 * {total}) / {total}",
                AboveExpected,
                0.005
            );
    }

    private static (string By, Func<string, string> Add) Key(IReadOnlySet<string> labels, WorkloadSource pods)
    {
        var own = WorkloadLabels.FirstOrDefault(labels.Contains) ?? "instance";
        if (labels.Contains("namespace") && labels.Contains("pod") && own is not ("destination_workload" or "ingress"))
            return ("namespace, workload", vector => WorkloadKey.OfPods(vector, pods));
        var ns = NamespaceLabels.FirstOrDefault(labels.Contains);
        return ns is null or "namespace"
            ? ("namespace, workload", vector => WorkloadKey.OfLabel(vector, own))
            : ("namespace, workload", vector => $"""label_replace({WorkloadKey.OfLabel(vector, own)}, "namespace", "$1", "{ns}", "(.+)")""");
    }
}
