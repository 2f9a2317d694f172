using Dapr.Anomaly.Alerts;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Services.Tests.Alerts;

public sealed class IncidentComposerTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly SeriesIdentity Cpu = Series("container_cpu", SignalKind.Cpu, "cores");
    private static readonly SeriesIdentity Latency = Series("latency_p99", SignalKind.Latency, "s");

    [Fact]
    public void Compose_AnOpenedIncident_NamesTheWorstSignalWithItsRange()
    {
        var incident = Compose(IncidentChange.Opened, Known(Cpu, 3, 0.92), Known(Latency, 1, 0.8));
        Assert.Equal((IncidentPhase.Opened, "shop/checkout", 3), (incident.Phase, incident.Workload, incident.Score));
        Assert.Equal("shop/checkout · container_cpu 0.92 cores, expected 0.18 cores to 0.34 cores and 1 more", incident.Title);
        Assert.Null(incident.ResolvedAt);
        Assert.Equal([0.75, 0.25], incident.Why.Select(w => w.Share));
        Assert.Equal(["container_cpu", "latency_p99"], incident.Signals.Select(s => s.Series.Name));
    }

    [Fact]
    public void Compose_AResolvedIncident_SaysWhen() =>
        Assert.Equal(At.AddMinutes(20), Compose(IncidentChange.Resolved, Known(Cpu, 3, 0.92)).ResolvedAt);

    [Fact]
    public void Compose_ASignalThatJoined_IsAnUpdate() =>
        Assert.Equal(IncidentPhase.Updated, Compose(IncidentChange.SignalJoined, Known(Cpu, 3, 0.92)).Phase);

    [Fact]
    public void Compose_WithoutDetailsOfItsSignals_StillHasATitle()
    {
        var incident = IncidentComposer.Compose(Transition(IncidentChange.Opened, (Cpu, 3)), new Dictionary<SeriesId, AnomalyV1>());
        Assert.Equal("shop/checkout behaves unusually", incident.Title);
        Assert.Empty(incident.Why);
    }

    private static IncidentV1 Compose(IncidentChange change, params (SeriesIdentity Series, double Score, AnomalyV1 Anomaly)[] known) =>
        IncidentComposer.Compose(
            Transition(change, [.. known.Select(k => (k.Series, k.Score))]),
            known.ToDictionary(k => k.Series.Id, k => k.Anomaly)
        );

    private static IncidentTransition Transition(IncidentChange change, params (SeriesIdentity Series, double Score)[] signals) =>
        new(
            change,
            new Incident("id", "shop/checkout", At, At.AddSeconds(30), At, [.. signals.Select(s => new IncidentSignal(s.Series.Id, s.Score, At))]),
            At.AddMinutes(20)
        );

    private static (SeriesIdentity, double, AnomalyV1) Known(SeriesIdentity series, double score, double value) =>
        (series, score, new(series, new(At, value, score, Decision.Anomalous, 0.25, 0.18, 0.34, SeriesState.Ok, null, [new("forest", score)], [])));

    private static SeriesIdentity Series(string name, SignalKind kind, string unit) =>
        new(name, kind, unit, new([new("namespace", "shop"), new("workload", "checkout")]));
}
