using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Platform.Tests.Notifications;

internal static class Incidents
{
    public static readonly DateTimeOffset Since = new(2026, 1, 5, 12, 4, 5, TimeSpan.Zero);

    public static IncidentV1 Checkout(IncidentPhase phase) =>
        new(
            "boutique/checkout@20260105T120431Z",
            phase,
            "boutique/checkout",
            "boutique/checkout · container_cpu 0.92 cores, expected 0.18 cores to 0.34 cores and 1 more",
            Since,
            Since.AddSeconds(26),
            phase == IncidentPhase.Resolved ? Since.AddMinutes(20) : null,
            3.4,
            [
                Signal("container_cpu", SignalKind.Cpu, "cores", 0.92, 0.18, 0.34, 3.4),
                Signal("latency_p99", SignalKind.Latency, "s", 0.812, 0.05, 0.12, 1.6),
            ],
            [new("container_cpu", 0.68), new("latency_p99", 0.32)]
        );

    private static IncidentSignalV1 Signal(string name, SignalKind kind, string unit, double value, double lower, double upper, double score) =>
        new(
            new SeriesIdentity(name, kind, unit, new([new("namespace", "boutique"), new("workload", "checkout")])),
            value,
            (lower + upper) / 2,
            lower,
            upper,
            score,
            [new("forest", 2.1), new("lstm", 3.4), new("seasonal", 1.2)],
            [],
            SeriesState.Ok
        );
}
