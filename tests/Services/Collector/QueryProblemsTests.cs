using Dapr.Anomaly.Collector;
using Microsoft.Extensions.Logging;

namespace Dapr.Anomaly.Services.Tests.Collector;

public sealed class QueryProblemsTests
{
    private readonly Told _log = new();

    private List<string> Lines => _log.Lines;

    [Fact]
    public void Report_TheSameProblemAgain_IsToldOnce()
    {
        var problems = new QueryProblems(_log);
        problems.Report("cpu", "no series");
        problems.Report("cpu", "no series");
        Assert.Equal(["Warning no series"], Lines);
        Assert.Equal(["no series"], problems.Current);
    }

    [Fact]
    public void Report_AServerThatIsAway_IsToldOnceForAllQueries()
    {
        var problems = new QueryProblems(_log);
        foreach (var query in new[] { "cpu", "memory", "errors" })
            problems.Report(query, "refused the connection");
        foreach (var query in new[] { "cpu", "memory", "errors" })
            problems.Clear(query);
        Assert.Equal(["Warning refused the connection", "Information over: refused the connection"], Lines);
        Assert.Empty(problems.Current);
    }

    [Fact]
    public void Report_AnotherProblemOfTheQuery_TakesThePlaceOfTheFirst()
    {
        var problems = new QueryProblems(_log);
        problems.Report("cpu", "no series");
        problems.Report("cpu", "parse error");
        Assert.Equal(["parse error"], problems.Current);
        Assert.Equal(2, Lines.Count);
    }

    [Fact]
    public void Report_TheSameSubjectInOtherWords_IsTheSameProblem()
    {
        var problems = new QueryProblems(_log);
        problems.Report("cpu", "cpu{a}", "NaN since 12:00");
        problems.Report("cpu", "cpu{a}", "NaN since 12:15");
        Assert.Single(Lines);
    }

    [Fact]
    public void Clear_OfAQueryWithoutProblem_SaysNothing()
    {
        new QueryProblems(_log).Clear("cpu");
        Assert.Empty(Lines);
    }

    private sealed class Told : ILogger<QueryProblems>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add($"{logLevel} {formatter(state, exception)}");
    }
}
