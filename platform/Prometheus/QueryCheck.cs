using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Prometheus;

/// <summary>
/// Asks a query as the collector will: over a range, on the grid of the step. Some expressions answer at an instant and are refused over a range
/// (<c>up[1m]</c>), so that only this tells whether they can be watched.
/// </summary>
public static class QueryCheck
{
    private const int Steps = 4;

    /// <summary>The series of the last steps before <paramref name="now"/>.</summary>
    /// <exception cref="PrometheusException">The server refuses the query, or does not answer.</exception>
    public static Task<IReadOnlyList<PrometheusSeries>> AskAsync(
        PrometheusClient client,
        PromQuery query,
        TimeSpan step,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var end = TimeGrid.Floor(now, step);
        return client.QueryRangeAsync(query, end - (Steps * step), end, step, cancellationToken);
    }
}
