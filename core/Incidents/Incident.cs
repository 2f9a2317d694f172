using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Incidents;

/// <summary>What belongs together on one workload.</summary>
/// <param name="Id">Workload and opening time; stable over the life of the incident.</param>
/// <param name="Since">First anomalous sample of those that opened it.</param>
/// <param name="Signals">Series that were anomalous during the incident, with their worst score, worst first.</param>
public sealed record Incident(
    string Id,
    string Workload,
    DateTimeOffset Since,
    DateTimeOffset OpenedAt,
    DateTimeOffset LastAnomalousAt,
    IReadOnlyList<IncidentSignal> Signals
)
{
    public double Score => Signals.Count == 0 ? 0 : Signals[0].WorstScore;
}

public sealed record IncidentSignal(SeriesId Series, double WorstScore, DateTimeOffset FirstAnomalousAt);

public enum IncidentChange
{
    /// <summary>New incident.</summary>
    Opened,

    /// <summary>Another signal of the workload joined.</summary>
    SignalJoined,

    /// <summary>All signals have been calm for long enough.</summary>
    Resolved,
}

public sealed record IncidentTransition(IncidentChange Change, Incident Incident, DateTimeOffset At);
