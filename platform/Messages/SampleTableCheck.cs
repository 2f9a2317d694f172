using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>
/// What every table of samples keeps, whichever form it came in: one place for all readers. How many series a shard holds, and how many labels a
/// series may have, is the business of <see cref="Configuration.SeriesLimits"/>: there a series is refused, here the whole message.
/// </summary>
internal static class SampleTableCheck
{
    public const int MaxSeries = 1_000_000;
    public const int MaxColumns = 100_000;
    public const int MaxValues = 50_000_000;
    public const int MaxSignals = 10_000;

    /// <summary>Sizes, before anything of them is allocated.</summary>
    /// <param name="rowsOf">Number of values of a column.</param>
    /// <exception cref="MessageException">Too large, or a column that does not fit the series.</exception>
    public static void Sizes(string what, int signals, int series, int columns, Func<int, int> rowsOf)
    {
        AtMost(what, "signals", signals, MaxSignals);
        AtMost(what, "series", series, MaxSeries);
        AtMost(what, "columns", columns, MaxColumns);
        if ((long)series * columns > MaxValues)
            throw new MessageException($"{what}: {series} series of {columns} columns; at most {MaxValues} values are taken");
        for (var column = 0; column < columns; column++)
            if (rowsOf(column) is var rows && rows != series)
                throw new MessageException($"{what}: columns[{column}] has {rows} values for {series} series");
    }

    /// <exception cref="MessageException">A step or a span of time that no samples have.</exception>
    public static void Times(string what, DateTimeOffset start, TimeSpan step, int columns)
    {
        if (step < TimeGrid.MinStep || step > TimeGrid.MaxStep)
            throw new MessageException(
                $"{what}: a step of {step.TotalSeconds} s; write {TimeGrid.MinStep.TotalSeconds} to {TimeGrid.MaxStep.TotalSeconds}"
            );
        if (!TimeGrid.IsTime(start) || !TimeGrid.IsTime(start + (columns * step)))
            throw new MessageException($"{what}: starts at {start:O}; times lie between {TimeGrid.FirstTime:yyyy} and {TimeGrid.EndOfTime:yyyy}");
    }

    /// <summary>A signal whose name, kind and rule can be.</summary>
    /// <exception cref="MessageException">It cannot.</exception>
    public static Signal Signal(string what, int index, Signal signal)
    {
        var here = $"{what}: signals[{index}]";
        if (string.IsNullOrEmpty(signal.Name))
            throw new MessageException($"{here}.name: is missing");
        if (!Enum.IsDefined(signal.Kind))
            throw new MessageException($"{here}.kind: {(int)signal.Kind} is not known");
        if (!Enum.IsDefined(signal.Rule.DetectionDirection))
            throw new MessageException($"{here}.detectionDirection: {(int)signal.Rule.DetectionDirection} is not known");
        Deviation($"{here}.minDevFromExpected", signal.Rule.MinDevFromExpected);
        Deviation($"{here}.minRelDevFromExpected", signal.Rule.MinRelDevFromExpected);
        return signal;
    }

    private static void Deviation(string here, double deviation)
    {
        if (!(deviation >= 0) || double.IsInfinity(deviation))
            throw new MessageException($"{here}: {deviation} is not a number from 0");
    }

    private static void AtMost(string what, string of, int count, int most)
    {
        if (count > most)
            throw new MessageException($"{what}: {count} {of}; at most {most} are taken");
    }
}
