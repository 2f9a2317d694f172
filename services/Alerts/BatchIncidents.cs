using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Alerts;

/// <summary>What a batch of scores changes about the incidents.</summary>
/// <param name="Incidents">As they are told, in the order of their change.</param>
/// <param name="Details">The newest telling score of each signal.</param>
internal sealed record BatchIncidents(IReadOnlyList<IncidentV1> Incidents, IReadOnlyDictionary<SeriesId, AnomalyV1> Details)
{
    /// <param name="tracker">Moves on by the batch.</param>
    /// <param name="known">Details from before.</param>
    /// <param name="openScore">What the alert budget asks for, by series.</param>
    public static BatchIncidents Of(
        IncidentTracker tracker,
        IncidentRules rules,
        IReadOnlyDictionary<SeriesId, AnomalyV1> known,
        AnomalyBatchV1 batch,
        Func<SeriesIdentity, double> openScore
    )
    {
        var details = new Dictionary<SeriesId, AnomalyV1>(known);
        foreach (var anomaly in batch.Anomalies)
            if (anomaly.Score.AnomalyScore > rules.CloseScore * openScore(anomaly.Series))
                details[anomaly.Series.Id] = anomaly;
        var transitions = tracker.Observe(
            new BatchSource(batch.Shard, batch.Part),
            batch.Timestamp,
            [
                .. batch.Anomalies.Select(a => new Observation(
                    a.Series,
                    a.Score.Timestamp,
                    a.Score.AnomalyScore,
                    a.Score.Decision,
                    openScore(a.Series)
                )),
            ]
        );
        return new([.. transitions.Select(t => IncidentComposer.Compose(t, details))], details);
    }
}
