namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>A clock that stands where it is put.</summary>
internal sealed class SimulatedTime(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
