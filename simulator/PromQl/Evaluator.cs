using System.Globalization;
using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Simulator.PromQl;

/// <summary>
/// Evaluates a syntax tree over all steps at once, node by node, so that labels are matched once for each series and not once for each step.
/// </summary>
internal sealed class Evaluator(ISeriesSource source, Steps steps)
{
    private const long LookbackMs = 5 * 60_000;

    public Evaluated Evaluate(Node node) =>
        node switch
        {
            NumberNode number => Evaluated.Of(Constant(number.Value)),
            StringNode text => Evaluated.Of(text.Value),
            SelectorNode selector => Evaluated.Of(Select(selector)),
            NegateNode negate => Negate(Evaluate(negate.Operand)),
            BinaryNode binary => BinaryOperations.Apply(binary, Evaluate(binary.Left), Evaluate(binary.Right), steps.Count),
            AggregateNode aggregate => Evaluated.Of(
                Aggregation.Apply(aggregate, Vector(aggregate.Operand), aggregate.Parameter is { } p ? Evaluate(p).Scalar : null, steps.Count)
            ),
            CallNode call => Call(call),
            MatrixNode => throw PromQlException.Execution("a range vector has no value of its own; wrap it in a function such as rate()"),
            _ => throw PromQlException.Execution($"cannot evaluate {node.GetType().Name}"),
        };

    private List<Column> Vector(Node node) => Evaluate(node).Vector ?? throw PromQlException.Execution("expected an instant vector");

    private double[] Constant(double value)
    {
        var values = new double[steps.Count];
        Array.Fill(values, value);
        return values;
    }

    private Evaluated Negate(Evaluated value) =>
        value.Scalar is { } scalar ? Evaluated.Of(Array.ConvertAll(scalar, static v => -v)) : Evaluated.Of(Map(value.Vector!, static v => -v));

    private List<Column> Map(List<Column> columns, Func<double, double> function) =>
        ColumnSet.Relabel(
            columns.ConvertAll(c => new Column(c.Labels, Array.ConvertAll(c.Values, v => Missing.Is(v) ? v : function(v)))),
            steps.Count,
            LabelSets.WithoutName
        );

    /// <summary>The last sample of each series within the lookback; when that is a stale marker, the series has ended.</summary>
    private List<Column> Select(SelectorNode selector, bool timestamps = false)
    {
        List<Column> columns = [];
        foreach (var series in source.Select(selector.Matchers))
        {
            var values = Missing.Fill(steps.Count);
            var any = false;
            for (var i = 0; i < steps.Count; i++)
            {
                var at = (selector.AtMs ?? steps.At(i)) - selector.OffsetMs;
                if (series.Last(at - LookbackMs, at) is not (var timestamp, var value) || Missing.Is(value))
                    continue;
                values[i] = timestamps ? timestamp / 1000.0 : value;
                any = true;
            }
            if (any)
                columns.Add(new(series.Labels, values));
        }
        return columns;
    }

    private List<Column> Range(MatrixNode matrix, string function, double[]? parameter)
    {
        List<Column> columns = [];
        var timestamps = new List<long>();
        var samples = new List<double>();
        Slide(
            matrix.Selector,
            matrix.RangeMs,
            (step, window, end) =>
            {
                var t = window.Timestamps;
                var v = window.Values;
                if (HasStale(v))
                {
                    timestamps.Clear();
                    samples.Clear();
                    for (var i = 0; i < v.Length; i++)
                        if (!Missing.Is(v[i]))
                        {
                            timestamps.Add(t[i]);
                            samples.Add(v[i]);
                        }
                    t = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(timestamps);
                    v = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(samples);
                }
                return RangeFunctions.Apply(function, t, v, end - matrix.RangeMs, end, parameter?[step] ?? 0);
            },
            columns
        );
        return function == "last_over_time" ? columns : ColumnSet.Relabel(columns, steps.Count, LabelSets.WithoutName);
    }

    private static bool HasStale(ReadOnlySpan<double> values)
    {
        foreach (var v in values)
            if (Missing.Is(v))
                return true;
        return false;
    }

    /// <summary>Runs a window of each selected series over the steps; both of its ends are inclusive, as in Prometheus 2.</summary>
    private void Slide(SelectorNode selector, long rangeMs, Func<int, SampleWindow, long, double> evaluate, List<Column> columns)
    {
        var window = new SampleWindow();
        foreach (var series in source.Select(selector.Matchers))
        {
            window.Clear();
            var readTo = long.MinValue;
            var values = new double[steps.Count];
            var any = false;
            for (var i = 0; i < steps.Count; i++)
            {
                var end = (selector.AtMs ?? steps.At(i)) - selector.OffsetMs;
                var start = end - rangeMs;
                if (readTo < start)
                {
                    window.Clear();
                    series.Read(start, end, window);
                }
                else
                {
                    if (end > readTo)
                        series.Read(readTo + 1, end, window);
                    window.DropBefore(start);
                }
                readTo = Math.Max(end, readTo);
                values[i] = evaluate(i, window, end);
                any |= !Missing.Is(values[i]);
            }
            if (any)
                columns.Add(new(series.Labels, values));
        }
    }

    private Evaluated Call(CallNode call)
    {
        var arguments = call.Arguments;
        switch (call.Function)
        {
            case "time":
                return Evaluated.Of([.. Enumerable.Range(0, steps.Count).Select(i => steps.At(i) / 1000.0)]);
            case "vector":
                return Evaluated.Of([new Column(Core.Series.Labels.Empty, Evaluate(arguments[0]).Scalar!)]);
            case "scalar":
                return Evaluated.Of(OnlyOne(Vector(arguments[0])));
            case "absent":
                return Evaluated.Of(Absent(arguments[0]));
            case "timestamp":
                return Evaluated.Of(
                    arguments[0] is SelectorNode selector
                        ? ColumnSet.Relabel(Select(selector, timestamps: true), steps.Count, LabelSets.WithoutName)
                        : Timed(Vector(arguments[0]))
                );
            case "sort" or "sort_desc":
                return Evaluated.Of([.. Vector(arguments[0]).OrderBy(c => (call.Function == "sort" ? 1 : -1) * c.Values[^1])]);
            case "label_replace":
                return Evaluated.Of(LabelReplace(call));
            case "histogram_quantile":
                return Evaluated.Of(Histograms.Quantile(Evaluate(arguments[0]).Scalar!, Vector(arguments[1]), steps.Count));
            case "quantile_over_time":
                return Evaluated.Of(Range((MatrixNode)arguments[1], call.Function, Evaluate(arguments[0]).Scalar));
            case "predict_linear":
                return Evaluated.Of(Range((MatrixNode)arguments[0], call.Function, Evaluate(arguments[1]).Scalar));
            case "clamp" or "clamp_min" or "clamp_max" or "round":
                return Evaluated.Of(Bounded(call));
        }
        if (Functions.Elementwise.TryGetValue(call.Function, out var function))
            return Evaluated.Of(Map(Vector(arguments[0]), function));
        return Evaluated.Of(Range((MatrixNode)arguments[0], call.Function, null));
    }

    private double[] OnlyOne(List<Column> columns)
    {
        var values = new double[steps.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var present = columns.Where(c => !Missing.Is(c.Values[i])).Take(2).ToList();
            values[i] = present.Count == 1 ? present[0].Values[i] : double.NaN;
        }
        return values;
    }

    private List<Column> Absent(Node operand)
    {
        var columns = Vector(operand);
        var labels = operand is SelectorNode selector
            ? new Core.Series.Labels(
                selector
                    .Matchers.Where(static m => m.Operator == "=" && m.Label != LabelSets.Name && m.Value.Length > 0)
                    .DistinctBy(static m => m.Label)
                    .Select(static m => KeyValuePair.Create(m.Label, m.Value))
            )
            : Core.Series.Labels.Empty;
        var values = Missing.Fill(steps.Count);
        for (var i = 0; i < values.Length; i++)
            if (columns.TrueForAll(c => Missing.Is(c.Values[i])))
                values[i] = 1;
        return [new(labels, values)];
    }

    private List<Column> Timed(List<Column> columns) =>
        ColumnSet.Relabel(
            columns.ConvertAll(c => new Column(c.Labels, [.. c.Values.Select((v, i) => Missing.Is(v) ? v : steps.At(i) / 1000.0)])),
            steps.Count,
            LabelSets.WithoutName
        );

    private List<Column> Bounded(CallNode call)
    {
        var first = call.Arguments.Count > 1 ? Evaluate(call.Arguments[1]).Scalar! : Constant(1);
        var second = call.Arguments.Count > 2 ? Evaluate(call.Arguments[2]).Scalar! : first;
        var columns = Vector(call.Arguments[0])
            .ConvertAll(c => new Column(
                c.Labels,
                [
                    .. c.Values.Select(
                        (v, i) =>
                            Missing.Is(v)
                                ? v
                                : call.Function switch
                                {
                                    "clamp" => second[i] < first[i] ? Missing.Value : Math.Max(first[i], Math.Min(second[i], v)),
                                    "clamp_min" => Math.Max(first[i], v),
                                    "clamp_max" => Math.Min(first[i], v),
                                    _ => Math.Floor(v / first[i] + 0.5) * first[i],
                                }
                    ),
                ]
            ));
        return ColumnSet.Relabel(columns, steps.Count, LabelSets.WithoutName);
    }

    private List<Column> LabelReplace(CallNode call)
    {
        string Text(int i) => Evaluate(call.Arguments[i]).Text!;
        var (target, replacement, from, pattern) = (Text(1), Text(2), Text(3), Text(4));
        Regex regex;
        try
        {
            regex = new Regex($"^(?:{pattern})$", RegexOptions.CultureInvariant | RegexOptions.Singleline);
        }
        catch (ArgumentException)
        {
            throw PromQlException.Execution($"invalid regular expression in label_replace(): {pattern}");
        }
        return ColumnSet.Relabel(
            Vector(call.Arguments[0]),
            steps.Count,
            labels =>
            {
                var match = regex.Match(labels[from]);
                return match.Success ? LabelSets.With(labels, target, match.Result(replacement)) : labels;
            }
        );
    }

    public static string Number(double value) =>
        double.IsNaN(value) ? "NaN"
        : double.IsInfinity(value) ? (value > 0 ? "+Inf" : "-Inf")
        : value.ToString("R", CultureInfo.InvariantCulture);
}
