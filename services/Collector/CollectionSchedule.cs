using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Collector;

/// <summary>
/// Which query has to be asked for which span. What was not answered, whatever the reason, is asked for again with the newest step, up to an hour
/// back; what lies further back stays a hole, which is told.
/// </summary>
internal sealed class CollectionSchedule(TimeSpan step, CollectorMetrics metrics, QueryProblems problems, ILogger<CollectionSchedule> logger)
{
    public static readonly TimeSpan MaxGap = TimeSpan.FromHours(1);

    private readonly Dictionary<string, QueryLine> _lines = [];

    /// <summary>The queries that nobody asks at the moment, and that have a step to ask for.</summary>
    public IReadOnlyList<QueryLine> Due(IReadOnlyList<SignalQuery> queries, DateTimeOffset to)
    {
        foreach (var gone in _lines.Keys.Except(queries.Select(q => q.Name)).ToArray())
            _lines.Remove(gone);
        foreach (var query in queries)
            if (_lines.TryGetValue(query.Name, out var line))
                line.Query = query;
            else
                _lines.Add(query.Name, new(query, to));
        foreach (var line in _lines.Values)
            Reach(line, to);
        return [.. _lines.Values.Where(l => l.Asked is null && l.Next <= to)];
    }

    /// <summary>The questions that wait for their answers, or whose answers wait.</summary>
    public IEnumerable<Task> UnderWay => _lines.Values.Select(l => l.Asked).OfType<Task>();

    /// <summary>The answers that have arrived; a question that failed is forgotten, so that it is asked again.</summary>
    public IReadOnlyList<(QueryLine Line, QueryAnswer Answer)> Arrived()
    {
        List<(QueryLine, QueryAnswer)> arrived = [];
        foreach (var line in _lines.Values)
            if (line.Asked is { IsCompleted: true } asked)
            {
                line.Asked = null;
                if (asked is { IsCompletedSuccessfully: true, Result: { } answer })
                    arrived.Add((line, answer));
            }
        return arrived;
    }

    /// <summary>The answer is published: its span is done.</summary>
    public void Published(QueryLine line, QueryAnswer answer)
    {
        line.Next = answer.To + step;
        if (answer.Series.Where(s => s.TimestampsMs.Length > 0).Select(s => (long?)s.TimestampsMs[^1]).Max() is { } newest)
            line.Newest = DateTimeOffset.FromUnixTimeMilliseconds(newest);
        if (answer.To - line.HoleUntil > MaxGap)
            problems.Clear(HoleOf(line));
    }

    /// <summary>Keeps the span within the last hour, and within what the clock says.</summary>
    private void Reach(QueryLine line, DateTimeOffset to)
    {
        if (line.Next > to + step)
        {
            // The clock was ahead and has been set back: what was asked of its future was not there.
            var since = (line.Newest ?? to - step) + step;
            logger.LogWarning(
                "query {Query}: the clock is {Back} behind what was collected; asked again from {From:u}",
                line.Query.Name,
                line.Next - to,
                since
            );
            line.Next = since < to ? since : to;
        }
        if (to - line.Next <= MaxGap)
            return;
        var from = to - MaxGap;
        metrics.Holes.Inc((from - line.Next) / step);
        problems.Report(
            HoleOf(line),
            line.Query.Name,
            $"query {line.Query.Name}: {line.Next:u} to {from:u} stays a hole: not answered for more than {MaxGap.TotalMinutes:0} minutes"
        );
        line.Next = line.HoleUntil = from;
    }

    private static string HoleOf(QueryLine line) => line.Query.Name + "/hole";
}
