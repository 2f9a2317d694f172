using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Collector;

/// <summary>Asks every query of the catalog for a span of the grid and sorts the answers by time.</summary>
public sealed class RangeCollector(PrometheusClient prometheus, QueryProblems problems, CollectorMetrics metrics)
{
    private const int QueriesAtOnce = 4;

    /// <returns>Samples by grid time, oldest first; a time at which nothing was seen is absent. Null when the server could not be asked, so that the span is asked for again.</returns>
    public async Task<IReadOnlyList<(DateTimeOffset Time, IReadOnlyList<SeriesSampleV1> Samples)>?> CollectAsync(
        IReadOnlyList<SignalQuery> queries,
        DateTimeOffset from,
        DateTimeOffset to,
        TimeSpan step,
        CancellationToken cancellationToken
    )
    {
        var columns = (int)((to - from) / step) + 1;
        var samples = Enumerable.Range(0, columns).Select(_ => new List<SeriesSampleV1>()).ToArray();
        var lost = false;
        await Parallel.ForEachAsync(
            queries,
            new ParallelOptions { MaxDegreeOfParallelism = QueriesAtOnce, CancellationToken = cancellationToken },
            async (query, token) =>
            {
                try
                {
                    var answer = await prometheus.QueryRangeAsync(query.Query, from, to, step, token);
                    Judge(query, answer);
                    foreach (var series in answer)
                        Spread(query.Identify(series.Labels), series);
                }
                catch (PrometheusException e)
                {
                    metrics.Failures.WithLabels(e.Failure.ToString().ToLowerInvariant()).Inc();
                    problems.Report(query.Name, e.Message);
                    if (e.IsTransient)
                        Volatile.Write(ref lost, true);
                }
            }
        );
        return lost
            ? null
            : [.. samples.Select((s, column) => (from + (column * step), (IReadOnlyList<SeriesSampleV1>)s)).Where(c => c.Item2.Count > 0)];

        void Spread(SeriesIdentity identity, PrometheusSeries series)
        {
            var values = new double[columns];
            series.CopyTo(values, from.ToUnixTimeMilliseconds(), (long)step.TotalMilliseconds);
            var message = SeriesV1.From(identity);
            for (var column = 0; column < columns; column++)
                lock (samples[column])
                    if (double.IsFinite(values[column]))
                        samples[column].Add(new(message, values[column]));
                    else if (series.NonFinite > 0)
                        samples[column].Add(new(message, null));
        }
    }

    private void Judge(SignalQuery query, IReadOnlyList<PrometheusSeries> answer)
    {
        if (answer.Count == 0)
            problems.Report(query.Name, $"{query.Query}: no series (from {prometheus.Url}); is the metric still scraped?");
        else if (answer.FirstOrDefault(s => s.Values.Length == 0) is { } empty)
            problems.Report(
                query.Name,
                $"{query.Identify(empty.Labels)}",
                $"series {query.Identify(empty.Labels)}: every value is NaN or infinite since {DateTimeOffset.FromUnixTimeMilliseconds(empty.FirstNonFiniteMs):HH:mm:ss}; state no_data, not scored, not trained on"
            );
        else
            problems.Clear(query.Name);
    }
}
