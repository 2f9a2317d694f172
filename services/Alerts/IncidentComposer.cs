using Dapr.Anomaly.Core.Incidents;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.Notifications;

namespace Dapr.Anomaly.Alerts;

/// <summary>Builds the outgoing incident from the latest scores of its signals.</summary>
internal static class IncidentComposer
{
    /// <summary>The worst are told.</summary>
    private const int MaxSignals = 20;

    public static IncidentV1 Compose(IncidentTransition transition, IReadOnlyDictionary<SeriesId, AnomalyV1> signals)
    {
        var incident = transition.Incident;
        var known = incident
            .Signals.Where(s => signals.ContainsKey(s.Series))
            .Take(MaxSignals)
            .Select(s => Signal(signals[s.Series], s.WorstScore))
            .ToList();
        var total = known.Sum(s => s.AnomalyScore);
        ContributionV1[] why =
        [
            .. known
                .GroupBy(s => s.Series.Name)
                .Select(g => new ContributionV1(g.Key, total > 0 ? g.Sum(s => s.AnomalyScore) / total : 0))
                .OrderByDescending(c => c.Share)
                .Take(5),
        ];
        var phase = transition.Change switch
        {
            IncidentChange.Opened => IncidentPhase.Opened,
            IncidentChange.Resolved => IncidentPhase.Resolved,
            _ => IncidentPhase.Updated,
        };
        return new(
            incident.Id,
            phase,
            incident.Workload,
            Title(incident.Workload, known),
            incident.Since,
            incident.OpenedAt,
            phase == IncidentPhase.Resolved ? transition.At : null,
            incident.Score,
            known,
            why
        );
    }

    private static string Title(string workload, List<IncidentSignalV1> signals)
    {
        if (signals.Count == 0)
            return $"{workload} behaves unusually";
        var worst = signals[0];
        var expected = SignalText.Expected(worst);
        var others = signals.Count > 1 ? $" and {signals.Count - 1} more" : "";
        return $"{workload} · {worst.Series.Name} "
            + $"{SignalText.Value(worst.Value, worst.Series.Unit)}{(expected.Length > 0 ? $", {expected}" : "")}{others}";
    }

    private static IncidentSignalV1 Signal(AnomalyV1 anomaly, double worstScore)
    {
        var score = anomaly.Score;
        return new(anomaly.Series, score.Value, score.Expected, score.Lower, score.Upper, worstScore, score.Votes, score.Why, score.State);
    }
}
