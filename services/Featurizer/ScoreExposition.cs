using System.Globalization;
using System.Text;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer;

/// <summary>The latest scores as series for Prometheus, in vmanomaly's names: the source's labels, and <c>for</c> with the query's name.</summary>
internal static class ScoreExposition
{
    public static string Write(IEnumerable<TrackedSeries> series)
    {
        var scored = series.Where(s => s.LastScore is not null).ToList();
        var text = new StringBuilder();
        Family("anomaly_score", "0 as expected, up to 1 normal, above 1 anomalous.", s => s.AnomalyScore);
        Family("y", "Value of the series.", s => s.Value);
        Family("yhat", "Expected value.", s => s.Expected);
        Family("yhat_lower", "Lower end of the expected range.", s => s.Lower);
        Family("yhat_upper", "Upper end of the expected range.", s => s.Upper);
        return text.ToString();

        void Family(string name, string help, Func<ScoreV1, double?> value)
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n");
            foreach (var tracked in scored)
                if (value(tracked.LastScore!) is { } number)
                    text.Append(name).Append(Labels(tracked)).Append(' ').Append(number.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }
    }

    private static string Labels(TrackedSeries series) =>
        "{" + string.Join(",", series.Series.Labels.Append(new("for", series.Series.Name)).Select(l => $"{l.Key}=\"{Escape(l.Value)}\"")) + "}";

    private static string Escape(string value) => value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");
}
