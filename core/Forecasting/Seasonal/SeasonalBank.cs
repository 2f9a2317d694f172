using System.Runtime.InteropServices;
using Dapr.Anomaly.Core.Models.Onnx;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Core.Forecasting.Seasonal;

/// <summary>
/// Many seasonal models in one ONNX graph, in double: <c>idx int64[N], t double[N,1]</c> (epoch days) to <c>yhat double[N,1], deviation
/// double[N,1]</c> in the unit of the series. About 8·(8 + 2·changepoints + 2·harmonics) bytes a series, and one value a slot of the day for those
/// with daily events.
/// </summary>
public static class SeasonalBank
{
    internal const string SeriesKey = "anomaly.series";
    internal const string KindKey = "anomaly.kind";
    internal const string Kind = "seasonal-bank";

    /// <summary>The model file; <see cref="SeasonalScorer"/> reads it.</summary>
    /// <exception cref="ArgumentException">No series; a series given twice; or one with logistic growth, multiplicative terms or holidays, which the
    /// graph does not hold.</exception>
    public static byte[] ToOnnx(IReadOnlyList<(SeriesId Series, FittedSeasonal Model)> models, IReadOnlyDictionary<string, string>? metadata = null)
    {
        if (models.Count == 0)
            throw new ArgumentException("a seasonal bank needs at least one series", nameof(models));
        foreach (var (series, model) in models)
            if (
                model.Options.Growth == SeasonalGrowth.Logistic
                || model.Options.Mode == SeasonalityMode.Multiplicative
                || model.HolidayTerms.Count > 0
            )
                throw new ArgumentException(
                    $"series {series}: a seasonal bank holds linear or flat additive models without holidays",
                    nameof(models)
                );

        var tables = new Tables(models);
        var graph = new OnnxGraph("seasonal") { Description = "Additive seasonal models, one row of parameters a series" };
        foreach (var (key, value) in metadata ?? new Dictionary<string, string>())
            graph.Metadata(key, value);
        graph.Metadata(KindKey, Kind);
        graph.Metadata(SeriesKey, Convert.ToBase64String(MemoryMarshal.AsBytes<ulong>(models.Select(m => m.Series.Fingerprint).ToArray())));
        Build(graph, tables);
        return graph.ToModel();
    }

    private static void Build(OnnxGraph graph, Tables tables)
    {
        var index = graph.Input("idx", OnnxElement.Int64, "N");
        var time = graph.Input("t", OnnxElement.Double, "N", 1);
        var last = graph.Initializer("last_axis", (ReadOnlySpan<long>)[1], 1);
        string Row(string name, double[] values, int width)
        {
            graph.Initializer(name, values, tables.Series, width);
            graph.Node("Gather", [name, index], $"{name}_row");
            return $"{name}_row";
        }
        string Apply(string operation, string output, params ReadOnlySpan<string> inputs)
        {
            graph.Node(operation, inputs, output);
            return output;
        }

        var since = Apply("Sub", "since", time, Row("start", tables.StartDays, 1));
        var scaled = Apply("Div", "ts", since, Row("scale", tables.ScaleDays, 1));
        List<string> terms = [Row("level", tables.Level, 1), Apply("Mul", "sloped", Row("slope", tables.Slope, 1), scaled)];
        if (tables.Changepoints > 0)
        {
            var past = Apply("Relu", "past", Apply("Sub", "to_change", scaled, Row("cp", tables.Times, tables.Changepoints)));
            terms.Add(Apply("ReduceSum", "hinge", Apply("Mul", "hinges", past, Row("delta", tables.Changes, tables.Changepoints)), last));
        }
        if (tables.Harmonics > 0)
        {
            graph.Initializer("w", tables.Frequencies, 1, tables.Harmonics);
            var phase = Apply("Mul", "phase", time, "w");
            var sines = Apply("Mul", "sines", Apply("Sin", "sin", phase), Row("A", tables.Sines, tables.Harmonics));
            var cosines = Apply("Mul", "cosines", Apply("Cos", "cos", phase), Row("B", tables.Cosines, tables.Harmonics));
            terms.Add(Apply("ReduceSum", "seasonal", Apply("Add", "waves", sines, cosines), last));
        }
        var steep = tables.Template.Length == 0 ? null : DailyEvents();
        Apply("Sum", "yhat", [.. terms]);
        graph.Output("yhat", OnnxElement.Double, "N", 1);

        // Variance of the closed form: residual + cubic·u³ − linear·u for scaled time u past the end of training.
        graph.Initializer("one", [1.0], 1, 1);
        var beyond = Apply("Relu", "u", Apply("Sub", "past_end", scaled, "one"));
        var square = Apply("Mul", "u2", beyond, beyond);
        var cubic = Apply("Mul", "cubic_term", Apply("Mul", "u3", square, beyond), Row("cubic", tables.Cubic, 1));
        var drift = Apply("Relu", "drift", Apply("Sub", "raw_drift", cubic, Apply("Mul", "linear_term", beyond, Row("linear", tables.Linear, 1))));
        var variance = Apply("Add", "variance", drift, Row("residual", tables.Residual, 1));
        Apply("Sqrt", "deviation", steep is null ? variance : Apply("Add", "wider", variance, steep));
        graph.Output("deviation", OnnxElement.Double, "N", 1);

        // Looks the slot of the day and the one after it up in the template of the series; returns the square of half the change between them.
        string DailyEvents()
        {
            graph.Initializer("template", tables.Template, tables.Template.Length / tables.TemplateWidth, tables.TemplateWidth);
            graph.Initializer("template_of", tables.TemplateOf, tables.Series);
            graph.Initializer("phase_days", [tables.PhaseDays], 1, 1);
            graph.Initializer("slots", [(double)(tables.TemplateWidth - 2)], 1, 1);
            graph.Initializer("next", (ReadOnlySpan<long>)[1], 1, 1);
            graph.Initializer("half", [0.5], 1, 1);
            var row = Apply("Unsqueeze", "template_row", Apply("Gather", "template_index", "template_of", index), last);
            var day = Apply("Sub", "day", time, "phase_days");
            var position = Apply("Mul", "position", Apply("Sub", "day_share", day, Apply("Floor", "whole_days", day)), "slots");
            var floor = Apply("Floor", "slot_floor", position);
            graph.Node("Cast", [floor], "slot").With("to", (long)OnnxElement.Int64);
            string Look(string name, string slot)
            {
                graph.Node("Concat", [row, slot], $"{name}_at").With("axis", 1);
                return Apply("Unsqueeze", name, Apply("GatherND", $"{name}_flat", "template", $"{name}_at"), last);
            }
            var low = Look("low", "slot");
            var change = Apply("Sub", "change", Look("high", Apply("Add", "next_slot", "slot", "next")), low);
            terms.Add(Apply("Add", "event", low, Apply("Mul", "event_part", Apply("Sub", "slot_share", position, floor), change)));
            var half = Apply("Mul", "half_change", change, "half");
            return Apply("Mul", "steep", half, half);
        }
    }

    /// <summary>Parameters as tables with one row a series, in the unit of the series; harmonics are the union over the series.</summary>
    private sealed class Tables
    {
        public Tables(IReadOnlyList<(SeriesId Series, FittedSeasonal Model)> models)
        {
            Series = models.Count;
            if (models.Select(m => m.Series).Distinct().Count() != Series)
                throw new ArgumentException("a series is given twice", nameof(models));
            Changepoints = models.Max(m => m.Model.ChangepointTimes.Count);
            Frequencies = [.. models.SelectMany(m => HarmonicsOf(m.Model)).Distinct().Order()];
            Harmonics = Frequencies.Length;
            StartDays = Each(models, m => m.StartSeconds / 86400);
            ScaleDays = Each(models, m => m.TimeScaleSeconds / 86400);
            Level = Each(models, m => m.Level * m.ValueScale + m.Floor);
            Slope = Each(models, m => m.Slope * m.ValueScale);
            Residual = Each(models, m => m.Sigma * m.Sigma);
            Cubic = Each(models, m => DriftVariance(m) / 3);
            Linear = Each(models, m => DriftVariance(m) * m.MeanStep * m.MeanStep / 12);
            (Times, Changes) = (new double[Series * Changepoints], new double[Series * Changepoints]);
            (Sines, Cosines) = (new double[Series * Harmonics], new double[Series * Harmonics]);
            var position = Frequencies.Select((f, i) => (f, i)).ToDictionary(p => p.f, p => p.i);
            for (var s = 0; s < Series; s++)
            {
                var model = models[s].Model;
                for (var j = 0; j < model.ChangepointTimes.Count; j++)
                {
                    Times[s * Changepoints + j] = model.ChangepointTimes[j];
                    Changes[s * Changepoints + j] = model.SlopeChanges[j] * model.ValueScale;
                }
                var c = 0;
                foreach (var frequency in HarmonicsOf(model))
                {
                    Sines[s * Harmonics + position[frequency]] += model.Coefficients[c++] * model.ValueScale;
                    Cosines[s * Harmonics + position[frequency]] += model.Coefficients[c++] * model.ValueScale;
                }
            }
            TemplateOf = new long[Series];
            var templates = models.Where(m => m.Model.Template is not null).Select(m => m.Model.Template!).ToArray();
            if (templates.Length == 0)
                return;
            if (templates.Any(t => t.Values.Length != templates[0].Values.Length || t.PhaseDays != templates[0].PhaseDays))
                throw new ArgumentException("models with daily events must share one grid", nameof(models));
            PhaseDays = templates[0].PhaseDays;
            TemplateWidth = templates[0].Values.Length + 2;
            Template = new double[(templates.Length + 1) * TemplateWidth];
            long row = 0;
            for (var s = 0; s < Series; s++)
            {
                if (models[s].Model.Template is not { } template)
                    continue;
                TemplateOf[s] = ++row;
                for (var slot = 0; slot < TemplateWidth; slot++)
                    Template[row * TemplateWidth + slot] = template.Values[slot % template.Values.Length] * models[s].Model.ValueScale;
            }
        }

        /// <summary>
        /// One row a template, the first of zeros for series without one; the first two slots stand again at the end. Empty when no series has one.
        /// </summary>
        public double[] Template { get; } = [];

        public int TemplateWidth { get; }

        public double PhaseDays { get; }

        /// <summary>Row of <see cref="Template"/> by series.</summary>
        public long[] TemplateOf { get; }

        public int Series { get; }

        public int Changepoints { get; }

        public int Harmonics { get; }

        /// <summary>2π·i/period of each harmonic.</summary>
        public double[] Frequencies { get; }

        public double[] StartDays { get; }

        public double[] ScaleDays { get; }

        public double[] Level { get; }

        public double[] Slope { get; }

        public double[] Times { get; }

        public double[] Changes { get; }

        public double[] Sines { get; }

        public double[] Cosines { get; }

        public double[] Residual { get; }

        public double[] Cubic { get; }

        public double[] Linear { get; }

        private static double[] Each(IReadOnlyList<(SeriesId Series, FittedSeasonal Model)> models, Func<FittedSeasonal, double> value) =>
            [.. models.Select(m => value(m.Model))];

        private static double DriftVariance(FittedSeasonal m) =>
            2 * m.ChangeScale * m.ChangeScale * m.ChangepointTimes.Count * m.ValueScale * m.ValueScale;

        private static IEnumerable<double> HarmonicsOf(FittedSeasonal model)
        {
            foreach (var seasonality in model.Seasonalities)
                for (var i = 1; i <= seasonality.Order; i++)
                    yield return 2 * Math.PI * i / seasonality.PeriodDays;
        }
    }
}
