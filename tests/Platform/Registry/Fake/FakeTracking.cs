using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Platform.Tests.Registry.Fake;

/// <summary>Experiments, runs, metrics, parameters, tags.</summary>
internal sealed partial class FakeTracking(FakeStore store)
{
    public void AddTo(Dictionary<string, Func<FakeCall, JsonObject>> routes)
    {
        routes["GET /mlflow/experiments/get-by-name"] = c =>
            Experiment(
                store.Experiments.FirstOrDefault(e => e.Name == c.Need("experiment_name"))
                    ?? throw FakeError.Missing($"Could not find experiment with name '{c.Need("experiment_name")}'")
            );
        routes["GET /mlflow/experiments/get"] = c => Experiment(store.Experiment(c.Need("experiment_id")));
        routes["POST /mlflow/experiments/create"] = CreateExperiment;
        routes["POST /mlflow/experiments/delete"] = c => Stage(c, "deleted");
        routes["POST /mlflow/experiments/restore"] = c =>
            store.Experiment(c.Need("experiment_id")).Stage == "active"
                ? throw FakeError.Invalid("The experiment must be in the 'deleted' state.")
                : Stage(c, "active");
        routes["POST /mlflow/experiments/set-experiment-tag"] = c =>
        {
            store.Experiment(c.Need("experiment_id")).Tags[c.Need("key")] = c.Field("value") ?? "";
            return [];
        };
        routes["POST /mlflow/experiments/search"] = routes["GET /mlflow/experiments/search"] = SearchExperiments;
        routes["POST /mlflow/runs/create"] = CreateRun;
        routes["GET /mlflow/runs/get"] = c => new() { ["run"] = store.Run(c.Need("run_id")).Json() };
        routes["POST /mlflow/runs/update"] = UpdateRun;
        routes["POST /mlflow/runs/delete"] = c => RunStage(c, "deleted");
        routes["POST /mlflow/runs/restore"] = c => RunStage(c, "active");
        routes["POST /mlflow/runs/search"] = SearchRuns;
        routes["POST /mlflow/runs/log-batch"] = LogBatch;
        routes["POST /mlflow/runs/log-parameter"] = c => LogOne(c, run => PutParams(run, [(c.Need("key"), c.Field("value") ?? "")]));
        routes["POST /mlflow/runs/set-tag"] = c => LogOne(c, run => run.Tags[c.Need("key")] = Cut(c.Field("value") ?? "", 8000));
        routes["POST /mlflow/runs/log-inputs"] = LogInputs;
        routes["POST /mlflow/runs/log-model"] = LogModel;
        routes["GET /mlflow/metrics/get-history"] = c =>
            FakeRoutes.Page(
                c,
                "metrics",
                [.. store.Run(c.Need("run_id")).Metrics.Where(m => m.Key == c.Need("metric_key"))],
                int.MaxValue,
                FakeJson.Point
            );
    }

    private static JsonObject Experiment(FakeExperiment experiment) => new() { ["experiment"] = experiment.Json() };

    private JsonObject CreateExperiment(FakeCall call)
    {
        var name = call.Need("name");
        if (store.Experiments.Any(e => e.Name == name))
            throw FakeError.Exists($"Experiment(name={name}) already exists.");
        var made = new FakeExperiment($"{store.Experiments.Count}", name);
        foreach (var (key, value) in Pairs(call, "tags"))
            made.Tags[key] = value;
        store.Experiments.Add(made);
        return new() { ["experiment_id"] = made.Id };
    }

    private JsonObject Stage(FakeCall call, string stage)
    {
        store.Experiment(call.Need("experiment_id")).Stage = stage;
        return [];
    }

    private JsonObject SearchExperiments(FakeCall call)
    {
        if (call.Number("max_results") is null)
            throw FakeError.Invalid("Invalid value for parameter 'max_results' supplied");
        return FakeRoutes.Page(
            call,
            "experiments",
            [.. store.Experiments.Where(e => e.Stage == "active" && FakeFilter.Holds(call.Field("filter"), key => key == "name" ? e.Name : null))],
            1000,
            e => e.Json()
        );
    }

    private JsonObject CreateRun(FakeCall call)
    {
        if (call.Field("experiment_id") is not { Length: > 0 } id)
            throw FakeError.Constraint("(sqlite3.IntegrityError) NOT NULL constraint failed: runs.experiment_id");
        var experiment = store.Experiment(id);
        if (experiment.Stage != "active")
            throw FakeError.Invalid($"The experiment {experiment.Id} must be in the 'active' state.");
        var run = new FakeRun(Guid.NewGuid().ToString("N"), experiment, call.Body["start_time"]?.GetValue<long>() ?? 0);
        foreach (var (key, value) in Pairs(call, "tags"))
            run.Tags[key] = Cut(value, 8000);
        run.Name = call.Field("run_name") ?? run.Tags.GetValueOrDefault("mlflow.runName") ?? run.Name;
        run.Tags["mlflow.runName"] = run.Name;
        store.Runs.Add(run);
        return new() { ["run"] = run.Json() };
    }

    private JsonObject UpdateRun(FakeCall call)
    {
        var run = store.Run(call.Need("run_id"));
        if (call.Field("status") is "RUNNING" or "SCHEDULED" or "FINISHED" or "FAILED" or "KILLED")
            run.Status = call.Field("status")!;
        run.End = call.Body["end_time"]?.GetValue<long>() ?? run.End;
        run.Name = run.Tags["mlflow.runName"] = call.Field("run_name") ?? run.Name;
        return new() { ["run_info"] = run.InfoJson() };
    }

    private JsonObject RunStage(FakeCall call, string stage)
    {
        store.Run(call.Need("run_id")).Stage = stage;
        return [];
    }

    private JsonObject SearchRuns(FakeCall call)
    {
        var experiments = call.Texts("experiment_ids").ToHashSet();
        var view = call.Field("run_view_type") ?? "ACTIVE_ONLY";
        var found = store
            .Runs.Where(r => experiments.Contains(r.Experiment.Id) && (view == "ALL" || r.Stage == (view == "DELETED_ONLY" ? "deleted" : "active")))
            .Where(r => FakeFilter.Holds(call.Field("filter"), key => Value(r, key)))
            .OrderByDescending(r => r.Start);
        return FakeRoutes.Page(call, "runs", [.. found], 1000, r => r.Json());
    }

    private static object? Value(FakeRun run, string key) =>
        key.Split('.', 2) switch
        {
            ["tags", var name] => run.Tags.GetValueOrDefault(name),
            ["params", var name] => run.Params.GetValueOrDefault(name),
            ["metrics", var name] => run.Latest().Where(m => m.Key == name).Select(m => (object?)m.Value).FirstOrDefault(),
            ["attributes", "status"] => run.Status,
            ["attributes", "run_name"] => run.Name,
            ["attributes", "start_time"] => run.Start,
            _ => throw FakeError.Invalid($"Invalid attribute key '{key}'"),
        };

    private JsonObject LogOne(FakeCall call, Action<FakeRun> log)
    {
        log(Active(call));
        return [];
    }

    private FakeRun Active(FakeCall call)
    {
        var run = store.Run(call.Need("run_id"));
        return run.Stage == "active" ? run : throw FakeError.Invalid($"The run {run.Id} must be in the 'active' state.");
    }

    private JsonObject LogBatch(FakeCall call)
    {
        var run = Active(call);
        var (metrics, parameters, tags) = (call.List("metrics").ToArray(), Pairs(call, "params").ToArray(), Pairs(call, "tags").ToArray());
        Limit(metrics.Length, 1000, "metrics");
        Limit(parameters.Length, 100, "params");
        Limit(tags.Length, 100, "tags");
        Limit(metrics.Length + parameters.Length + tags.Length, 1000, "metrics, params, and tags");
        // Nothing is stored when one part is refused.
        var points = metrics
            .Select(m => (Point: Point(m), Model: m["model_id"]?.GetValue<string>() is { } id ? KnownModel(id) : null, Json: m))
            .ToArray();
        PutParams(run, parameters);
        foreach (var (key, value) in tags)
            run.Tags[key] = Cut(value, 8000);
        foreach (var (point, model, json) in points)
        {
            if (!run.Metrics.Contains(point))
                run.Metrics.Add(point);
            if (model is not null && !model.Metrics.Any(m => m.Point == point && m.Run == run.Id))
                model.Metrics.Add((point, run.Id, json["dataset_name"]?.GetValue<string>(), json["dataset_digest"]?.GetValue<string>()));
        }
        return [];
    }

    private FakeModel KnownModel(string id) =>
        store.Models.FirstOrDefault(m => m.Id == id) ?? throw FakeError.Constraint("(sqlite3.IntegrityError) FOREIGN KEY constraint failed");

    private static void Limit(int count, int most, string what)
    {
        if (count > most)
            throw FakeError.Invalid(
                $"A batch logging request can contain at most {most} {what}. Got {count} {what}. "
                    + $"Please split up {what} across multiple requests and try again."
            );
    }

    private static FakePoint Point(JsonObject metric)
    {
        var key = metric["key"]?.GetValue<string>() ?? throw FakeError.Invalid("Missing value for required parameter 'key'");
        if (metric["value"] is not { } value || metric["timestamp"] is not { } timestamp)
            throw FakeError.Invalid("Missing value for required parameter 'value' or 'timestamp'");
        if (!Name().IsMatch(key) || key.Split('/').Any(part => part is "" or "." or ".."))
            throw FakeError.Invalid($"Invalid metric name: '{key}'");
        var number =
            value.GetValueKind() == JsonValueKind.String
                ? double.Parse(value.GetValue<string>(), CultureInfo.InvariantCulture)
                : value.GetValue<double>();
        // The SQL store has no infinity: it keeps the largest double.
        return new(
            key,
            double.IsNaN(number) ? number : Math.Clamp(number, double.MinValue, double.MaxValue),
            timestamp.GetValue<long>(),
            metric["step"]?.GetValue<long>() ?? 0
        );
    }

    private static void PutParams(FakeRun run, (string Key, string Value)[] parameters)
    {
        foreach (var (key, value) in parameters)
            if (run.Params.TryGetValue(key, out var old) && old != Cut(value, 6000))
                throw FakeError.Invalid(
                    $"Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' for run ID='{run.Id}'. "
                        + $"Attempted logging new value '{value}'."
                );
        foreach (var (key, value) in parameters)
            run.Params[key] = Cut(value, 6000);
    }

    private JsonObject LogInputs(FakeCall call)
    {
        var run = Active(call);
        foreach (var input in call.List("datasets"))
        {
            var set = input["dataset"]!;
            if (set["digest"]!.GetValue<string>().Length > 36)
                throw FakeError.Invalid("Dataset digest exceeds the maximum length of 36");
            if (
                !run.Inputs.Any(i =>
                    JsonNode.DeepEquals(i["dataset"]!["digest"], set["digest"]) && JsonNode.DeepEquals(i["dataset"]!["name"], set["name"])
                )
            )
                run.Inputs.Add((JsonObject)input.DeepClone());
        }
        return [];
    }

    private JsonObject LogModel(FakeCall call)
    {
        var run = Active(call);
        var model = (JsonObject)JsonNode.Parse(call.Need("model_json"))!;
        foreach (var field in new[] { "artifact_path", "flavors", "utc_time_created", "run_id" })
            if (!model.ContainsKey(field))
                throw FakeError.Invalid($"Model json is missing mandatory fields: {{'{field}'}}");
        run.Tags["mlflow.log-model.history"] = new JsonArray(model).ToJsonString();
        return [];
    }

    private static IEnumerable<(string Key, string Value)> Pairs(FakeCall call, string name) =>
        call.List(name)
            .Select(p =>
                (
                    p["key"]!.GetValue<string>(),
                    p["value"] is { } value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : ""
                )
            );

    private static string Cut(string value, int length) => value.Length > length ? value[..length] : value;

    [GeneratedRegex(@"^[\w\-. /:]{1,250}$")]
    private static partial Regex Name();
}
