using Dapr.Anomaly.Core.Ensemble;

namespace Dapr.Anomaly.Core.Incidents;

/// <summary>
/// When scores become an incident, and when it is over. A score is not a decision: rarity comes from persistence, or from several anomalous signals
/// at once. (That siblings are merely unusual together is no evidence: the signals of a workload move together on every day.)
/// </summary>
public sealed record IncidentRules
{
    public static readonly IncidentRules Default = new();

    /// <summary>A sample counts as anomalous above this score.</summary>
    public double OpenScore { get; init; } = ScoreThresholds.Anomalous;

    /// <summary>A signal is calm again below this score (hysteresis).</summary>
    public double CloseScore { get; init; } = ScoreThresholds.Calm;

    /// <summary>How many anomalous samples, over all signals of a workload, open an incident …</summary>
    public int OpenSamples { get; init; } = 3;

    /// <summary>… among this many newest collections.</summary>
    public int OpenWindow { get; init; } = 5;

    /// <summary>How long every signal must be calm before the incident is resolved.</summary>
    public TimeSpan CloseAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Signals of an incident that are kept, the worst ones.</summary>
    public int MaxSignals { get; init; } = 50;

    /// <summary>Incidents that may be open at once; what would open beyond them waits until one is over.</summary>
    public int MaxOpen { get; init; } = 20_000;
}
