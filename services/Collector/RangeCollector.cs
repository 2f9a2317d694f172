using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Prometheus;
using Dapr.Anomaly.Platform.Telemetry;

namespace Dapr.Anomaly.Collector;

/// <summary>Asks every query of the catalog for a span of the grid; the answers become one table.</summary>
internal sealed class RangeCollector(PrometheusClient prometheus, QueryProblems problems, CollectorMetrics metrics, StageMeter stages)
{
    private const int QueriesAtOnce = 4;

    /// <returns>The samples of the span. Null when the server could not be asked, so that the span is asked for again.</returns>
    public async Task<SampleTable?> CollectAsync(
        IReadOnlyList<SignalQuery> queries,
        DateTimeOffset from,
        DateTimeOffset to,
        TimeSpan step,
        CancellationToken cancellationToken
    )
    {
        var answers = new IReadOnlyList<PrometheusSeries>[queries.Count];
        var lost = false;
        var options = new ParallelOptions { MaxDegreeOfParallelism = QueriesAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(
            0,
            queries.Count,
            options,
            async (i, token) =>
            {
                answers[i] = [];
                try
                {
                    answers[i] = await prometheus.QueryRangeAsync(queries[i].Query, from, to, step, token);
                    Judge(queries[i], answers[i]);
                }
                catch (PrometheusException e)
                {
                    metrics.Failures.WithLabels(e.Failure.ToString().ToLowerInvariant()).Inc();
                    problems.Report(queries[i].Name, e.Message);
                    if (e.IsTransient)
                        Volatile.Write(ref lost, true);
                }
            }
        );
        return lost ? null : Table(queries, answers, from, (int)((to - from) / step) + 1, step);
    }

    private SampleTable Table(
        IReadOnlyList<SignalQuery> queries,
        IReadOnlyList<PrometheusSeries>[] answers,
        DateTimeOffset from,
        int columns,
        TimeSpan step
    ) =>
        stages.Measure(
            Stages.Collect,
            () => QueryTable.Of([.. queries.Zip(answers)], from, step, columns),
            table => table.Series.Count * table.Columns
        );

    private void Judge(SignalQuery query, IReadOnlyList<PrometheusSeries> answer)
    {
        if (answer.Count == 0)
            problems.Report(query.Name, $"{query.Query}: no series (from {prometheus.Url}); is the metric still scraped?");
        else if (answer.FirstOrDefault(s => s.Values.Length == 0) is { } empty)
        {
            var series = query.Identify(empty.Labels);
            var since = DateTimeOffset.FromUnixTimeMilliseconds(empty.FirstNonFiniteMs);
            problems.Report(
                query.Name,
                $"{series}",
                $"series {series}: every value is NaN or infinite since {since:HH:mm:ss}; state no_data, not scored, not trained on"
            );
        }
        else
            problems.Clear(query.Name);
    }
}
