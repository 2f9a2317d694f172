using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Telemetry;

namespace Dapr.Anomaly.Featurizer.Path;

/// <summary>Scores become decisions, by the rule that came with the series. The score stays as it is.</summary>
internal sealed class DecideScores(StageMeter stages, FeaturizerMetrics metrics, TimeProvider time)
{
    /// <param name="scores">In the order of the samples; none when there is no model, then nothing is decided.</param>
    public void Run(IReadOnlyList<FreshSample> fresh, IReadOnlyList<SeriesScore> scores)
    {
        if (scores.Count == 0)
            return;
        using var measured = stages.Measure(Stages.Decide, fresh.Count);
        for (var i = 0; i < scores.Count; i++)
        {
            var series = fresh[i].Series;
            series.LastScore = ScoreV1.From(scores[i], series.Rule);
            if (ScoreThresholds.IsReported(scores[i].AnomalyScore))
                series.LastReported = scores[i].Timestamp;
        }
        metrics.Scored(time.GetUtcNow() - scores[0].Timestamp, scores.Count);
    }
}
