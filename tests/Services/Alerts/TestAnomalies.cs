using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Services.Tests.Alerts;

internal static class TestAnomalies
{
    /// <param name="workload"><c>namespace/workload</c>.</param>
    public static AnomalyV1 Of(string workload, DateTimeOffset at, double score, string name = "container_cpu")
    {
        var parts = workload.Split('/');
        var series = new SeriesIdentity(name, SignalKind.Cpu, "cores", new([new("namespace", parts[0]), new("workload", parts[1])]));
        var decision = ScoreThresholds.IsAnomalous(score) ? Decision.Anomalous : Decision.Normal;
        return new(series, new(at, 0.92, score, decision, 0.25, 0.18, 0.34, SeriesState.Ok, null, [new("forest", score)], []));
    }

    /// <summary>A batch in which three signals of each workload are anomalous at once, which opens an incident.</summary>
    public static AnomalyBatchV1 Batch(DateTimeOffset at, double score, int part, params IEnumerable<string> workloads) =>
        new(
            0,
            part,
            at,
            "1",
            [.. workloads.SelectMany(w => ((string[])["container_cpu", "latency_p99", "error_ratio"]).Select(name => Of(w, at, score, name)))]
        );
}
