using System.Globalization;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Windows;

public sealed partial class SeriesWindow
{
    /// <summary>
    /// State by the samples alone: <c>NoData</c> before the first, then <c>WarmingUp</c>, <c>Sparse</c>, <c>Constant</c> or <c>Ok</c>. Scoring may
    /// add what it knows (model, budget).
    /// </summary>
    public SeriesState State
    {
        get
        {
            if (_newest < 0)
                return SeriesState.NoData;
            var present = LongPresent;
            if (SinceRestart < LongSteps && 2 * present < LongSteps)
                return SeriesState.WarmingUp;
            if (2 * present < LongSteps)
                return SeriesState.Sparse;
            return _flatRun >= present ? SeriesState.Constant : SeriesState.Ok;
        }
    }

    /// <summary>Why the series is in <see cref="State"/>, one line for people.</summary>
    public string Reason =>
        State switch
        {
            SeriesState.NoData => "no sample yet",
            SeriesState.WarmingUp => Line($"{LongPresent} of the {(LongSteps + 1) / 2} samples needed since {StartOfRun:yyyy-MM-dd HH:mm:ss}Z"),
            SeriesState.Sparse => Line($"{LongPresent} of the last {LongSteps} steps have a sample, half of them are needed"),
            SeriesState.Constant => Line($"the last {_flatRun} samples are all {Latest!.Value.Value:G7}"),
            _ => Line($"{LongPresent} of the last {LongSteps} steps have a sample"),
        };

    /// <summary>
    /// State at an instant: <c>NoData</c> when the newest sample is older than <paramref name="staleAfter"/> (Prometheus looks back 5 minutes).
    /// </summary>
    public (SeriesState State, string Reason) StateAt(DateTimeOffset now, TimeSpan staleAfter)
    {
        if (Latest is not { } latest || now - latest.Timestamp <= staleAfter)
            return (State, Reason);
        return (
            SeriesState.NoData,
            Line($"the newest sample is from {latest.Timestamp:yyyy-MM-dd HH:mm:ss}Z, older than {staleAfter.TotalSeconds:0} s")
        );
    }

    private int LongSteps => StepsIn(TimeSpan.FromHours(1), StepSeconds);

    private int LongPresent => _fine.CountPresent(Math.Max(_newest - LongSteps + 1, _runStart), _newest);

    private long SinceRestart => _newest - _runStart + 1;

    private DateTimeOffset StartOfRun => new(_anchorTicks + _runStart * Step.Ticks, TimeSpan.Zero);

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
