using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Collector;

/// <summary>Prometheus's answers become a table: each series under its identity, each value on the grid.</summary>
internal static class QueryTable
{
    /// <summary>Series without a finite value are left out.</summary>
    public static SampleTable Of(
        IReadOnlyList<(SignalQuery Query, IReadOnlyList<PrometheusSeries> Answer)> answers,
        DateTimeOffset start,
        TimeSpan step,
        int columns
    )
    {
        var rows = answers.Sum(a => a.Answer.Count(s => s.Values.Length > 0));
        List<WatchedSeries> watched = new(rows);
        var values = new double[rows * columns];
        foreach (var (query, answer) in answers)
        foreach (var series in answer)
            if (series.Values.Length > 0)
            {
                series.CopyTo(values.AsSpan(watched.Count * columns, columns), start.ToUnixTimeMilliseconds(), (long)step.TotalMilliseconds);
                watched.Add(new(query.Identify(series.Labels), query.Signal.Rule));
            }
        return new(start, step, columns, watched, values);
    }
}
