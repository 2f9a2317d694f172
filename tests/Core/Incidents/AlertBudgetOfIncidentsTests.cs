using CsCheck;
using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Tests.Incidents;

public class AlertBudgetOfIncidentsTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly SeriesIdentity Cpu = new("cpu", SignalKind.Cpu, "cores", new([new("namespace", "shop"), new("workload", "cart")]));

    [Fact]
    public void TrySpend_ThirdOfTwoADay_IsHeldBackUntilTheFirstIsADayOld()
    {
        var sent = SentIncidents.None;
        Assert.True(sent.TrySpend("shop", 2, Day, Start, out sent));
        Assert.True(sent.TrySpend("shop", 2, Day, Start.AddHours(1), out sent));
        Assert.False(sent.TrySpend("shop", 2, Day, Start.AddHours(23), out sent));
        Assert.True(sent.TrySpend("shop", 2, Day, Start.AddHours(24), out sent));
        Assert.False(sent.TrySpend("shop", 2, Day, Start.AddHours(24.5), out _));
    }

    [Fact]
    public void TrySpend_AnotherTeam_HasItsOwn()
    {
        Assert.True(SentIncidents.None.TrySpend("shop", 1, Day, Start, out var sent));
        Assert.True(sent.TrySpend("payments", 1, Day, Start, out _));
    }

    [Fact]
    public void TrySpend_BudgetOfNothing_SendsNothingAndKeepsNothing()
    {
        Assert.False(SentIncidents.None.TrySpend("shop", 0, Day, Start, out var sent));
        Assert.Empty(sent.ByTeam);
    }

    [Fact]
    public void TrySpend_AnyTimes_NeverMoreThanTheLimitInAnyPeriod() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 5000].Array[1, 60])
            .Sample(
                (limit, minutes) =>
                {
                    var sent = SentIncidents.None;
                    List<DateTimeOffset> granted = [];
                    foreach (var at in minutes.Order().Select(m => Start.AddMinutes(m)))
                        if (sent.TrySpend("shop", limit, Day, at, out sent))
                            granted.Add(at);
                    Assert.All(granted, time => Assert.True(granted.Count(g => g <= time && time - g < Day) <= limit));
                }
            );

    [Theory]
    [InlineData("team=a,namespace=b", "a")]
    [InlineData("namespace=b,workload=c", "b")]
    [InlineData("team=,namespace=b", "b")]
    [InlineData("node=n", "")]
    public void Of_Labels_NamesTheTeamElseTheNamespace(string labels, string expected) =>
        Assert.Equal(expected, Team.Of(new Labels(labels.Split(',').Select(l => l.Split('=')).Select(l => KeyValuePair.Create(l[0], l[1])))));

    [Theory]
    [InlineData(1.2, 1, true)]
    [InlineData(1.2, 1.25, false)]
    [InlineData(1.3, 1.25, true)]
    [InlineData(0.9, 0.8, true)]
    public void Observe_ScoreAgainstTheBudgetsThreshold_OpensOnlyAboveIt(double score, double openScore, bool opens)
    {
        var tracker = new IncidentTracker(IncidentRules.Default);
        var changes = Enumerable
            .Range(0, 5)
            .SelectMany(i =>
                tracker.Observe(new(0, 0), Start.AddSeconds(15 * i), [new(Cpu, Start.AddSeconds(15 * i), score, Decision.Anomalous, openScore)])
            );
        IncidentChange[] expected = opens ? [IncidentChange.Opened] : [];
        Assert.Equal(expected, changes.Select(c => c.Change));
    }

    [Fact]
    public void Observe_BudgetThatAsksForMore_StillReportsTheModelsScore()
    {
        var tracker = new IncidentTracker(IncidentRules.Default);
        var opened = Enumerable
            .Range(0, 3)
            .SelectMany(i => tracker.Observe(new(0, 0), Start.AddSeconds(15 * i), [new(Cpu, Start.AddSeconds(15 * i), 3, Decision.Anomalous, 1.25)]))
            .Single();
        Assert.Equal(3, opened.Incident.Score);
    }
}
