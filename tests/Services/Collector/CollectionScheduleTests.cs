using Dapr.Anomaly.Collector;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Platform.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Anomaly.Services.Tests.Collector;

public class CollectionScheduleTests
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(15);
    private static readonly DateTimeOffset Noon = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    private readonly QueryProblems _problems = new(NullLogger<QueryProblems>.Instance);
    private readonly CollectionSchedule _schedule;
    private readonly SignalQuery[] _queries = [Query("a"), Query("b")];

    public CollectionScheduleTests() =>
        _schedule = new(Step, new CollectorMetrics(new ServiceMetrics(new AppIdentity("test"))), _problems, NullLogger<CollectionSchedule>.Instance);

    [Fact]
    public void Query_ThatIsAnswered_GoesOn_AndOneThatIsNot_IsAskedForTheWholeHole()
    {
        Answer(Noon, "a", "b");
        Answer(Noon + Step, "a");
        var due = _schedule.Due(_queries, Noon + 2 * Step);
        Assert.Equal([("a", Noon + 2 * Step), ("b", Noon + Step)], due.Select(l => (l.Query.Name, l.Next)));
    }

    [Fact]
    public void Hole_OfMoreThanAnHour_StaysAndIsTold_UntilItIsOutOfSight()
    {
        Answer(Noon, "a", "b");
        var late = Noon + TimeSpan.FromHours(3);
        Assert.All(_schedule.Due(_queries, late), l => Assert.Equal(late - CollectionSchedule.MaxGap, l.Next));
        Assert.Contains(
            "query a: 2026-01-05 12:00:15Z to 2026-01-05 14:00:00Z stays a hole: not answered for more than 60 minutes",
            _problems.Current
        );
        Answer(late, "a", "b");
        Assert.NotEmpty(_problems.Current);
        Answer(late + Step, "a", "b");
        Assert.Empty(_problems.Current);
    }

    [Fact]
    public void Clock_ThatWasAhead_IsForgotten_AndWhatItsFutureHidIsAskedFor()
    {
        Answer(Noon, "a", "b");
        var ahead = Noon + TimeSpan.FromHours(2);
        Answer(ahead, samples: false, "a", "b");
        var due = _schedule.Due(_queries, Noon + 4 * Step);
        Assert.All(due, l => Assert.Equal(Noon + Step, l.Next));
        Assert.Equal(2, due.Count);
    }

    [Fact]
    public void Query_UnderWay_IsNotAskedAgain_AndOneThatIsGone_IsForgotten()
    {
        var open = new TaskCompletionSource<QueryAnswer?>();
        _schedule.Due(_queries, Noon)[0].Asked = open.Task;
        Assert.Equal(["b"], _schedule.Due(_queries, Noon + Step).Select(l => l.Query.Name));
        Assert.Empty(_schedule.Due([_queries[0]], Noon + Step));
        open.SetResult(null);
        Assert.Empty(_schedule.Arrived());
        Assert.Equal(Noon, Assert.Single(_schedule.Due([_queries[0]], Noon + Step)).Next);
    }

    private static SignalQuery Query(string name) => new(new PromQuery(name, name), SignalKind.Cpu, "", DetectionDirection.Both, 0, 0);

    private void Answer(DateTimeOffset to, params string[] queries) => Answer(to, samples: true, queries);

    private void Answer(DateTimeOffset to, bool samples, params string[] queries)
    {
        foreach (var line in _schedule.Due(_queries, to).Where(l => queries.Contains(l.Query.Name)))
        {
            PrometheusSeries series = new(Labels.Empty, samples ? [to.ToUnixTimeMilliseconds()] : [], samples ? [1] : [], 0, 0);
            line.Asked = Task.FromResult<QueryAnswer?>(new(line.Query, line.Next, to, [series]));
        }
        foreach (var (line, answer) in _schedule.Arrived())
            _schedule.Published(line, answer);
    }
}
