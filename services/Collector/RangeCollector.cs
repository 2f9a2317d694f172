using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Collector;

/// <summary>Asks Prometheus for a query over a span of the grid, a few queries at once, and says what is wrong with an answer.</summary>
internal sealed class RangeCollector(PrometheusClient prometheus, QueryProblems problems, CollectorMetrics metrics)
{
    private const int QueriesAtOnce = 8;

    private readonly SemaphoreSlim _places = new(QueriesAtOnce, QueriesAtOnce);

    /// <returns>The samples of the span. Null when there was no answer, whatever the reason, so that the span is asked for again.</returns>
    public async Task<QueryAnswer?> AskAsync(
        SignalQuery query,
        DateTimeOffset from,
        DateTimeOffset to,
        TimeSpan step,
        CancellationToken cancellationToken
    )
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            var series = await prometheus.QueryRangeAsync(query.Query, from, to, step, cancellationToken);
            Judge(query, series);
            return new(query, from, to, series);
        }
        catch (PrometheusException e)
        {
            metrics.Failures.WithLabels(e.Failure.ToString().ToLowerInvariant()).Inc();
            problems.Report(query.Name, e.Message);
            return null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // One query whose answer cannot be handled keeps no other from being collected.
            metrics.Failures.WithLabels("unexpected").Inc();
            problems.Report(query.Name, $"{query.Query}: its answer could not be handled: {e.Message}");
            return null;
        }
        finally
        {
            _places.Release();
        }
    }

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
