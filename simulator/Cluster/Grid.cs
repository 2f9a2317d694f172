namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>The instants at which everything is scraped: whole steps since the epoch.</summary>
/// <param name="EpochMs">Unix milliseconds of step 0, a whole hour.</param>
/// <param name="StepMs">Divides an hour.</param>
internal readonly record struct Grid(long EpochMs, int StepMs)
{
    public double StepSeconds => StepMs / 1000.0;

    public int StepsPerHour => 3_600_000 / StepMs;

    public long TimeOf(long step) => EpochMs + step * StepMs;

    /// <summary>The last step at or before an instant.</summary>
    public long StepOf(long unixMs) => (long)Math.Floor((unixMs - EpochMs) / (double)StepMs);

    /// <summary>The first step at or after an instant.</summary>
    public long StepFrom(long unixMs) => (long)Math.Ceiling((unixMs - EpochMs) / (double)StepMs);
}
