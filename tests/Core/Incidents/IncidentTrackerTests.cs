using System.Text.Json;
using CsCheck;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Incidents;

public class IncidentTrackerTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(15);
    private static readonly SeriesIdentity Cpu = Signal("container_cpu", "checkout");
    private static readonly SeriesIdentity Latency = Signal("latency_p99", "checkout");
    private static readonly SeriesIdentity Throttling = Signal("container_throttling", "checkout");
    private static readonly SeriesIdentity Other = Signal("container_cpu", "cart");

    [Fact]
    public void Observe_OneSignalForThreeOfFiveSamples_Opens()
    {
        var changes = Run([2, 0, 2, 0, 2], Cpu);

        var opened = Assert.Single(changes);
        Assert.Equal(IncidentChange.Opened, opened.Change);
        Assert.Equal(Start, opened.Incident.Since);
        Assert.Equal(Start + (4 * Step), opened.At);
        Assert.Equal("boutique/checkout", opened.Incident.Workload);
    }

    [Fact]
    public void Observe_TwoAnomalousSamplesOfFive_StaysQuiet() => Assert.Empty(Run([2, 0, 0, 2, 0, 0, 0, 2, 0, 0], Cpu));

    [Fact]
    public void Observe_ThreeSiblingsAtOnce_OpensWithTheFirstSample()
    {
        var tracker = new IncidentTracker(IncidentRules.Default);

        var opened = Assert.Single(
            tracker.Observe(new(0, 0), Start, [Scored(Cpu, Start, 3), Scored(Latency, Start, 1.2), Scored(Throttling, Start, 2)])
        );

        Assert.Equal([Cpu.Id, Throttling.Id, Latency.Id], opened.Incident.Signals.Select(s => s.Series));
        Assert.Equal(3, opened.Incident.Score);
    }

    [Fact]
    public void Observe_SamplesOfDifferentWorkloads_DoNotAddUp()
    {
        var tracker = new IncidentTracker(IncidentRules.Default);
        Assert.Empty(tracker.Observe(new(0, 0), Start, [Scored(Cpu, Start, 5), Scored(Latency, Start, 5), Scored(Other, Start, 5)]));
    }

    [Fact]
    public void Observe_SameBatchTwice_CountsOnce()
    {
        var tracker = new IncidentTracker(IncidentRules.Default);
        for (var i = 0; i < 5; i++)
            Assert.Empty(tracker.Observe(new(0, 0), Start, [Scored(Cpu, Start, 5), Scored(Latency, Start, 5)]));
    }

    [Fact]
    public void Observe_SiblingsUnusualTogether_StayQuiet()
    {
        // The signals of a workload move together on every day: that is no evidence.
        var tracker = new IncidentTracker(IncidentRules.Default);
        for (var at = Start; at < Start + (10 * Step); at += Step)
            Assert.Empty(tracker.Observe(new(0, 0), at, [Scored(Cpu, at, 0.95), Scored(Latency, at, 0.85), Scored(Throttling, at, 0.9)]));
    }

    [Fact]
    public void Observe_OneSignalUnusualAlone_StaysQuiet() => Assert.Empty(Run([0.95, 0.95, 0.95, 0.95, 0.95], Cpu));

    [Fact]
    public void Observe_SiblingsInDifferentShards_CountTogetherInAnyOrder()
    {
        var tracker = new IncidentTracker(IncidentRules.Default);
        Assert.Empty(tracker.Observe(new(0, 0), Start, [Scored(Cpu, Start, 2)]));
        Assert.Empty(tracker.Observe(new(0, 0), Start + Step, [Scored(Cpu, Start + Step, 2)]));
        Assert.Single(tracker.Observe(new(1, 0), Start, [Scored(Latency, Start, 2)]));
    }

    [Fact]
    public void Observe_CalmForTenMinutes_ResolvesOnce()
    {
        var scores = Enumerable.Repeat(2.0, 3).Concat(Enumerable.Repeat(0.1, 60)).ToArray();

        var changes = Run(scores, Cpu);

        Assert.Equal([IncidentChange.Opened, IncidentChange.Resolved], changes.Select(c => c.Change));
        Assert.Equal(TimeSpan.FromMinutes(10), changes[1].At - changes[0].At);
    }

    [Fact]
    public void Observe_NothingHeardAnyMore_StillResolves()
    {
        var tracker = Opened();
        var at = Start + (3 * Step);
        var changes = new List<IncidentTransition>();
        for (; at < Start + TimeSpan.FromMinutes(12); at += Step)
            changes.AddRange(tracker.Observe(new(0, 0), at, []));

        Assert.Equal(IncidentChange.Resolved, Assert.Single(changes).Change);
        Assert.Empty(tracker.Open);
        Assert.Empty(tracker.Watched);
    }

    [Fact]
    public void Observe_ScoreBetweenCloseAndOpen_KeepsTheIncident()
    {
        var scores = Enumerable.Repeat(2.0, 3).Concat(Enumerable.Repeat(0.8, 120)).ToArray();
        Assert.Single(Run(scores, Cpu));
    }

    [Fact]
    public void Observe_AnotherSignalDuringTheIncident_Joins()
    {
        var tracker = Opened();
        var joined = Assert.Single(tracker.Observe(new(0, 0), Start + (3 * Step), [Scored(Cpu, Start, 2), Scored(Latency, Start, 1.5)]));
        Assert.Equal(IncidentChange.SignalJoined, joined.Change);
        Assert.Equal(2, joined.Incident.Signals.Count);
    }

    [Fact]
    public void Restore_AtAnyPoint_GoesOnAsIfNothingHappened() =>
        Gen.Double[0, 3]
            .Array[20, 80]
            .Sample(scores =>
            {
                var uninterrupted = new IncidentTracker(IncidentRules.Default);
                var restarted = new IncidentTracker(IncidentRules.Default);
                for (var i = 0; i < scores.Length; i++)
                {
                    var at = Start + (i * Step);
                    Observation[] batch = scores[i] > 0.7 ? [Scored(Cpu, at, scores[i])] : [];
                    var expected = uninterrupted.Observe(new(0, 0), at, batch);
                    var actual = restarted.Observe(new(0, 0), at, batch);
                    Assert.Equal(expected.Select(t => (t.Change, t.At, t.Incident.Id)), actual.Select(t => (t.Change, t.At, t.Incident.Id)));
                    var json = JsonSerializer.Serialize(restarted.Snapshot());
                    restarted = IncidentTracker.Restore(IncidentRules.Default, JsonSerializer.Deserialize<IncidentTrackerSnapshot>(json)!);
                }
            });

    [Fact]
    public void Observe_AnyScores_OpensAndResolvesInTurn() =>
        Gen.Double[0, 3]
            .Array[20, 200]
            .Sample(scores =>
            {
                var open = false;
                foreach (var change in Run(scores, Cpu))
                {
                    Assert.Equal(open, change.Change != IncidentChange.Opened);
                    open = change.Change != IncidentChange.Resolved;
                }
            });

    private static List<IncidentTransition> Run(double[] scores, SeriesIdentity series)
    {
        var tracker = new IncidentTracker(IncidentRules.Default);
        List<IncidentTransition> changes = [];
        for (var i = 0; i < scores.Length; i++)
            changes.AddRange(tracker.Observe(new(0, 0), Start + (i * Step), [Scored(series, Start + (i * Step), scores[i])]));
        return changes;
    }

    private static IncidentTracker Opened()
    {
        var tracker = new IncidentTracker(IncidentRules.Default);
        for (var i = 0; i < 3; i++)
            tracker.Observe(new(0, 0), Start + (i * Step), [Scored(Cpu, Start + (i * Step), 2)]);
        Assert.Single(tracker.Open);
        return tracker;
    }

    private static Observation Scored(SeriesIdentity series, DateTimeOffset at, double score) =>
        new(series, at, score, ScoreThresholds.IsAnomalous(score) ? Decision.Anomalous : Decision.Normal);

    private static SeriesIdentity Signal(string name, string workload) =>
        new(name, SignalKind.Cpu, "cores", new([new("namespace", "boutique"), new("workload", workload)]));
}
