using System.Text;
using Dapr.Anomaly.Simulator.PromQl;

namespace Dapr.Anomaly.Simulator.Api;

/// <summary><c>/metrics</c>: the newest sample of every living series, in the text format 0.0.4.</summary>
internal static class Exposition
{
    public static async Task WriteAsync(SimulatedCluster cluster, HttpResponse response, CancellationToken cancellationToken)
    {
        response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        var snapshot = cluster.Snapshot;
        var step = snapshot.Grid.StepOf(cluster.Now.ToUnixTimeMilliseconds());
        var text = new StringBuilder();
        foreach (var family in snapshot.Series.Where(s => s.HasSample(step)).GroupBy(static s => Family(s.Name)))
        {
            text.Append("# TYPE ")
                .Append(family.Key)
                .Append(' ')
                .Append(
                    family.Key != family.First().Name ? "histogram"
                    : family.First().IsCounter ? "counter"
                    : "gauge"
                )
                .Append('\n');
            foreach (var series in family)
                text.Append(series.Name).Append(LabelText(series.Labels)).Append(' ').Append(Evaluator.Number(series.Value(step))).Append('\n');
            await response.WriteAsync(text.ToString(), cancellationToken);
            text.Clear();
        }
    }

    public static string LabelText(Core.Series.Labels labels) =>
        "{"
        + string.Join(
            ',',
            labels
                .Where(static l => l.Key != LabelSets.Name)
                .Select(static l =>
                    $"{l.Key}=\"{l.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""
                )
        )
        + "}";

    private static string Family(string name)
    {
        foreach (var suffix in (ReadOnlySpan<string>)["_bucket", "_count", "_sum"])
            if (name.EndsWith(suffix, StringComparison.Ordinal))
                return name[..^suffix.Length];
        return name;
    }
}
