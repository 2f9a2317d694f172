using Dapr.Anomaly.Platform.Configuration;

namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>What is replayed.</summary>
/// <param name="Seeds">One replay for each.</param>
/// <param name="Days">Days that are scored; the history that a training looks at lies before them.</param>
/// <param name="Faults">Whether the catalogue of faults is spread over the scored days.</param>
internal sealed record BacktestOptions(IReadOnlyList<int> Seeds, int Workloads, int Days, TimeSpan Step, bool Faults)
{
    public TimeSpan Span => TimeSpan.FromDays(Days);

    /// <summary>When and on how much the product trains.</summary>
    public SchedulerConfiguration Scheduler { get; } = SchedulerConfiguration.Default;

    public AlertsConfiguration Alerts { get; } = AlertsConfiguration.Default;
}
