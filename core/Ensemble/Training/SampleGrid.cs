namespace Dapr.Anomaly.Core.Ensemble.Training;

/// <summary>Values on an even time grid, in the unit of the series; NaN where there is no sample, or one that must not be learned from.</summary>
/// <param name="Start">Time of the first value.</param>
/// <param name="Step">Time between two values.</param>
public sealed record SampleGrid(DateTimeOffset Start, TimeSpan Step, double[] Values)
{
    /// <summary>One step after the last value.</summary>
    public DateTimeOffset End => Start + Values.Length * Step;

    public DateTimeOffset TimeAt(int index) => Start + index * Step;

    /// <summary>First index at or after <paramref name="time"/>, within [0, length].</summary>
    public int IndexOf(DateTimeOffset time) => (int)Math.Clamp(Math.Ceiling((time - Start) / Step), 0, Values.Length);

    /// <summary>The part before <paramref name="time"/>.</summary>
    public SampleGrid Before(DateTimeOffset time) => this with { Values = Values[..IndexOf(time)] };
}
