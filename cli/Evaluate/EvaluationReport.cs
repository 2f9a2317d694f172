using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Dapr.Anomaly.Cli.Evaluate;

/// <summary>The report of a run as JSON: keys in snake case, figures that are not defined as null.</summary>
internal static class EvaluationReport
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Converters = { new FiniteOrNull() },
    };

    public static JsonObject Of(EvaluationRun run)
    {
        var report = new JsonObject
        {
            ["protocol"] = run.Protocol,
            ["part"] = run.Part == EvaluationPart.Tune ? "tune" : "report",
            ["members"] = Node(run.Members),
            ["seed"] = run.Seed,
            ["commit"] = run.Commit,
            ["rows_per_second"] = run.RowsPerSecond,
            ["samples_per_second"] = run.SamplesPerSecond,
            ["fit_seconds"] = run.Series.Sum(s => s.FitTime.TotalSeconds),
            ["series"] = new JsonArray([.. run.Series.Select(Series)]),
            ["mean"] = Node(run.Means[Methods.Product]),
        };
        foreach (var method in Methods.All.Where(m => m != Methods.Product))
            report[method] = Node(run.Means[method]);
        report["at_one_false_alarm_a_day_for_100_series"] = Node(run.AtOneFalseAlarmADay);
        report["point_adjusted"] = Node(run.PointAdjusted);
        foreach (var (name, group) in run.Groups)
            report[name] = Node(group);
        foreach (var (name, compared) in run.Published)
            report[name] = Node(compared);
        if (run.Nab is { } nab)
        {
            report["nab"] = Node(nab.Best[Methods.Product]);
            report["nab_frozen"] = Node(nab.Frozen[Methods.Product]);
            report["nab_floors"] = Node(nab.Best);
            report["nab_frozen_floors"] = Node(nab.Frozen);
        }
        if (run.Nezha is { } nezha)
        {
            report["nezha"] = Node(nezha.Budget);
            report["nezha_frozen"] = Node(nezha.Frozen);
        }
        return report;
    }

    public static string Text(JsonObject report) => report.ToJsonString(Options);

    private static JsonObject Series(SeriesResult series)
    {
        var entry = new JsonObject { ["name"] = series.Name };
        foreach (var (key, value) in Node(series.Figures[Methods.Product])!.AsObject().ToArray())
            entry[key] = value?.DeepClone();
        entry["floors_vus_pr"] = Node(series.Figures.Where(f => f.Key != Methods.Product).ToDictionary(f => f.Key, f => f.Value.VusPr));
        entry["events"] = series.Events;
        entry["rows"] = series.Labels.Length;
        entry["warm_up_rows"] = series.WarmUp;
        entry["channels"] = series.Channels;
        entry["step_seconds"] = series.Step.TotalSeconds;
        entry["label_window"] = series.LabelWindow;
        entry["streamed_rows"] = series.Streamed;
        entry["notes"] = Node(series.Notes);
        entry["unscored_samples"] = Node(series.Unscored);
        return entry;
    }

    private static JsonNode? Node<T>(T value) => JsonSerializer.SerializeToNode(value, Options);

    private sealed class FiniteOrNull : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }
}
