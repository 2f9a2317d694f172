using System.Globalization;
using System.Text;
using Dapr.Anomaly.Featurizer.Windows;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer;

/// <summary>
/// The latest scores as series for Prometheus, in vmanomaly's names: the source's labels, and <c>for</c> with the query's name. A score that is older
/// than a few steps is not shown: Prometheus then marks the series stale, as it does with a target's own.
/// </summary>
internal static class ScoreExposition
{
    /// <summary>How long a score is shown, in steps of its series.</summary>
    public const int FreshSteps = 5;

    /// <summary>At least so long, for series of short steps.</summary>
    public static readonly TimeSpan MinFresh = TimeSpan.FromSeconds(30);

    /// <param name="quoted">Whether names of labels may be quoted, see <see cref="ScoreLabels"/>.</param>
    public static string Write(IEnumerable<TrackedSeries> series, DateTimeOffset now, bool quoted = false)
    {
        // Different labels of a source can be the same for Prometheus: it knows no label of an empty value. The first of them is shown.
        HashSet<string> shown = [];
        List<(string Labels, ScoreV1 Score)> scored =
        [
            .. series
                .OrderBy(s => s.Series.Id.Fingerprint)
                .Select(s => (Tracked: s, Score: s.LastScore))
                .Where(s => s.Score is not null && IsFresh(s.Tracked, s.Score, now))
                .Select(s => (Labels: ScoreLabels.Write(s.Tracked.Series, quoted), s.Score!))
                .Where(s => shown.Add(s.Labels)),
        ];
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
            foreach (var (labels, score) in scored)
                if (value(score) is { } number)
                    text.Append(name).Append(labels).Append(' ').Append(number.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }
    }

    private static bool IsFresh(TrackedSeries series, ScoreV1 score, DateTimeOffset now)
    {
        var fresh = FreshSteps * series.Window.Step;
        return now - score.Timestamp <= (fresh > MinFresh ? fresh : MinFresh);
    }
}
