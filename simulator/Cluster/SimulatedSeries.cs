using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Simulator.PromQl;

namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>One exported series: its value at a step is computed when asked for.</summary>
/// <param name="Labels">With <c>__name__</c>.</param>
/// <param name="IsCounter">Counter or gauge.</param>
/// <param name="From">First step with a sample.</param>
/// <param name="To">First step without, where Prometheus writes a stale marker.</param>
/// <param name="Target">Identity of the scraped target: about two scrapes in a thousand are lost, for all series of a target together.</param>
/// <param name="IsLost">Steps whose scrapes failed in a row, so that Prometheus writes a stale marker; null for none.</param>
/// <param name="IsOut">Steps at which Prometheus itself was down: no sample and no marker.</param>
/// <param name="Value">Value at a step.</param>
internal sealed record SimulatedSeries(
    Labels Labels,
    bool IsCounter,
    long From,
    long To,
    ulong Target,
    Func<long, bool>? IsLost,
    Func<long, bool> IsOut,
    Func<long, double> Value
)
{
    public string Name => Labels["__name__"];

    public bool HasSample(long step) => step >= From && step < To && !IsScrapeLost(step) && IsLost?.Invoke(step) != true && !IsOut(step);

    /// <summary>Whether this scrape of the target was one of those that are lost now and then.</summary>
    public bool IsScrapeLost(long step) => HashNoise.Unit(Target, step) < 0.002;

    public (long TimestampMs, double Value)? Last(Grid grid, long fromMs, long toMs)
    {
        var first = Math.Max(From, grid.StepFrom(fromMs));
        for (var step = Math.Min(To, grid.StepOf(toMs)); step >= first; step--)
            if (step == To || (IsLost?.Invoke(step) == true && !IsOut(step)))
                return (grid.TimeOf(step), Missing.Value);
            else if (HasSample(step))
                return (grid.TimeOf(step), Value(step));
        return null;
    }

    public void Read(Grid grid, long fromMs, long toMs, SampleWindow into)
    {
        var first = Math.Max(From, grid.StepFrom(fromMs));
        var last = Math.Min(To - 1, grid.StepOf(toMs));
        for (var step = first; step <= last; step++)
            if (HasSample(step))
                into.Add(grid.TimeOf(step), Value(step));
            else if (IsLost?.Invoke(step) == true && !IsOut(step))
                into.Add(grid.TimeOf(step), Missing.Value);
        if (To != long.MaxValue && grid.TimeOf(To) >= fromMs && grid.TimeOf(To) <= toMs)
            into.Add(grid.TimeOf(To), Missing.Value);
    }
}
