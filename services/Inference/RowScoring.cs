using Dapr.Anomaly.Core.Ensemble;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Telemetry;
using Prometheus;

namespace Dapr.Anomaly.Inference;

/// <summary>Scores rows with the champion and counts them.</summary>
internal sealed class RowScoring(InferenceMetrics metrics, StageMeter stages)
{
    public IReadOnlyList<SeriesScore> Score(EnsembleScorer model, IReadOnlyList<ScoreRow> rows)
    {
        using var timer = metrics.Duration.NewTimer();
        using var measured = stages.Measure(Stages.Score, rows.Count);
        var scores = model.Score(rows);
        Span<int> predictions = stackalloc int[SignalKinds.Count],
            anomalies = stackalloc int[SignalKinds.Count];
        for (var i = 0; i < rows.Count; i++)
        {
            predictions[(int)rows[i].Kind]++;
            anomalies[(int)rows[i].Kind] += ScoreThresholds.IsAnomalous(scores[i].AnomalyScore) ? 1 : 0;
        }
        for (var kind = 0; kind < SignalKinds.Count; kind++)
            if (predictions[kind] > 0)
            {
                metrics.Predictions.WithLabels(SignalKinds.Names[kind]).Inc(predictions[kind]);
                metrics.Anomalies.WithLabels(SignalKinds.Names[kind]).Inc(anomalies[kind]);
            }
        return scores;
    }

    public void Refused() => metrics.Failures.WithLabels("request").Inc();
}
