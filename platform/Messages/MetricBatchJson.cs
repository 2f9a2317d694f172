using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>
/// A <see cref="MetricBatch"/> as JSON: the same table with readable names. A column has one value for each series; null where there is no sample.
/// </summary>
public sealed record MetricBatchJson(
    int Shard,
    int Part,
    DateTimeOffset Start,
    double StepSeconds,
    IReadOnlyList<SignalJson> Signals,
    IReadOnlyList<BatchSeriesJson> Series,
    IReadOnlyList<IReadOnlyList<double?>> Columns
)
{
    internal static MetricBatchJson From(MetricBatch batch)
    {
        var table = batch.Samples;
        var signals = new SignalIndex();
        BatchSeriesJson[] series = [.. table.Series.Select(s => new BatchSeriesJson(signals.IndexOf(s), s.Series.Labels.ToDictionary()))];
        return new(
            batch.Shard,
            batch.Part,
            table.Start,
            table.Step.TotalSeconds,
            [.. signals.All.Select(SignalJson.From)],
            series,
            [.. Enumerable.Range(0, table.Columns).Select(column => Column(table, column))]
        );
    }

    internal MetricBatch ToBatch(string what)
    {
        SampleTableCheck.Sizes(what, Signals.Count, Series.Count, Columns.Count, column => Columns[column].Count);
        if (!(StepSeconds > 0 && StepSeconds <= TimeGrid.MaxStep.TotalSeconds))
            throw new MessageException($"{what}: $.stepSeconds: {StepSeconds} is not above 0 and at most {TimeGrid.MaxStep.TotalSeconds}");
        var step = TimeSpan.FromSeconds(StepSeconds);
        SampleTableCheck.Times(what, Start, step, Columns.Count);
        Signal[] signals = [.. Signals.Select((s, i) => SampleTableCheck.Signal(what, i, s.ToSignal()))];
        WatchedSeries[] rows = [.. Series.Select((s, i) => Row(what, s, i, signals))];
        var values = new double[rows.Length * Columns.Count];
        for (var column = 0; column < Columns.Count; column++)
        for (var row = 0; row < rows.Length; row++)
            values[(row * Columns.Count) + column] = Columns[column][row] ?? double.NaN;
        var (shard, part) = (MetricBatch.Number("shard", Shard), MetricBatch.Number("part", Part));
        return new(shard, part, new SampleTable(Start, step, Columns.Count, rows, values));
    }

    private static WatchedSeries Row(string what, BatchSeriesJson series, int row, Signal[] signals)
    {
        if (series.Signal < 0 || series.Signal >= signals.Length)
            throw new MessageException($"{what}: $.series[{row}].signal: {series.Signal} is not an index into {signals.Length} signals");
        var signal = signals[series.Signal];
        try
        {
            return new(signal.Identify(new Labels(series.Labels)), signal.Rule);
        }
        catch (ArgumentException e)
        {
            throw new MessageException($"{what}: $.series[{row}].labels: {e.Message}", e);
        }
    }

    private static double?[] Column(SampleTable table, int column)
    {
        var values = new double?[table.Series.Count];
        for (var row = 0; row < values.Length; row++)
            values[row] = double.IsFinite(table[row, column]) ? table[row, column] : null;
        return values;
    }
}

/// <param name="Signal">Index into the batch's signals.</param>
public sealed record BatchSeriesJson(int Signal, IReadOnlyDictionary<string, string> Labels);

/// <summary>What a query measures, and which of its deviations matter.</summary>
public sealed record SignalJson(
    string Name,
    SignalKind Kind,
    string Unit = "",
    DetectionDirection DetectionDirection = DetectionDirection.Both,
    double MinDevFromExpected = 0,
    double MinRelDevFromExpected = 0
)
{
    public static SignalJson From(Signal signal) =>
        new(signal.Name, signal.Kind, signal.Unit, signal.Rule.DetectionDirection, signal.Rule.MinDevFromExpected, signal.Rule.MinRelDevFromExpected);

    public Signal ToSignal() => new(Name, Kind, Unit, new DetectionRule(DetectionDirection, MinDevFromExpected, MinRelDevFromExpected));
}
