using System.Text.Json.Nodes;

namespace Dapr.Anomaly.Platform.Tests.Registry.Fake;

/// <summary>LoggedModels (3.x) and their links to runs.</summary>
internal sealed class FakeLoggedModels(FakeStore store)
{
    public const string Path = "/mlflow/logged-models/";

    public void AddTo(Dictionary<string, Func<FakeCall, JsonObject>> routes)
    {
        routes["POST /mlflow/logged-models"] = Create;
        routes["POST /mlflow/logged-models/search"] = Search;
        routes["POST /mlflow/runs/outputs"] = Link;
    }

    public JsonObject Answer(FakeCall call, string rest)
    {
        var (id, tail) = rest.IndexOf('/') is >= 0 and var slash ? (rest[..slash], rest[slash..]) : (rest, "");
        var model = store.Model(id);
        switch (call.Method, tail)
        {
            case ("GET", ""):
                return Json(model);
            case ("PATCH", ""):
                call.Need("model_id");
                model.Status = call.Need("status") is "LOGGED_MODEL_READY" or "LOGGED_MODEL_UPLOAD_FAILED"
                    ? call.Need("status")
                    : "LOGGED_MODEL_STATUS_UNSPECIFIED";
                return Json(model);
            case ("POST", "/params"):
                call.Need("model_id");
                foreach (var pair in call.List("params"))
                    if (!model.Params.TryAdd(pair["key"]!.GetValue<string>(), pair["value"]!.GetValue<string>()))
                        throw FakeError.Constraint(
                            "(sqlite3.IntegrityError) UNIQUE constraint failed: logged_model_params.model_id, logged_model_params.param_key"
                        );
                return [];
            case ("GET", "/artifacts/directories"):
                return FakeArtifacts.Listing(store, model.Uri, call.Field("artifact_directory_path") ?? "");
            default:
                throw new FakeError(501, "NOT_IMPLEMENTED", $"the fake has no {call.Name}");
        }
    }

    private static JsonObject Json(FakeModel model) => new() { ["model"] = model.Json() };

    private JsonObject Create(FakeCall call)
    {
        var model = new FakeModel("m-" + Guid.NewGuid().ToString("N"), store.Experiment(call.Need("experiment_id")), store.Models.Count + 1)
        {
            Name = call.Field("name") ?? "calm-crow-1",
            Type = call.Field("model_type") ?? "",
            SourceRun = call.Field("source_run_id") ?? "",
        };
        foreach (var pair in call.List("params"))
            model.Params[pair["key"]!.GetValue<string>()] = pair["value"]!.GetValue<string>();
        foreach (var pair in call.List("tags"))
            model.Tags[pair["key"]!.GetValue<string>()] = pair["value"]!.GetValue<string>();
        store.Models.Add(model);
        return Json(model);
    }

    private JsonObject Search(FakeCall call)
    {
        var experiments = call.Texts("experiment_ids").ToHashSet();
        if (experiments.Count == 0)
            throw FakeError.Invalid("Missing value for required parameter 'experiment_ids'");
        var sets = call.List("datasets").Select(d => d["dataset_digest"]!.GetValue<string>()).ToHashSet();
        var found = store.Models.Where(m =>
            experiments.Contains(m.Experiment.Id) && FakeFilter.Holds(call.Field("filter"), key => Value(m, key, sets))
        );
        return FakeRoutes.Page(call, "models", [.. found.OrderByDescending(m => m.Order)], 100, m => m.Json());
    }

    private static object? Value(FakeModel model, string key, HashSet<string> sets) =>
        key.Split('.', 2) switch
        {
            ["name"] => model.Name,
            ["model_id"] => model.Id,
            ["source_run_id"] => model.SourceRun,
            ["tags", var name] => model.Tags.GetValueOrDefault(name),
            ["params", var name] => model.Params.GetValueOrDefault(name),
            ["metrics", var name] => model
                .Metrics.Where(m => m.Point.Key == name && (sets.Count == 0 || sets.Contains(m.Digest ?? "")))
                .Select(m => (object?)m.Point.Value)
                .LastOrDefault(),
            _ => throw FakeError.Invalid($"Invalid attribute key '{key}'"),
        };

    private JsonObject Link(FakeCall call)
    {
        var run = store.Run(call.Need("run_id"));
        foreach (var output in call.List("models"))
        {
            if (run.Outputs.Any(o => JsonNode.DeepEquals(o["model_id"], output["model_id"])))
                throw FakeError.Constraint(
                    "(sqlite3.IntegrityError) UNIQUE constraint failed: inputs.source_type, inputs.source_id, inputs.destination_type, "
                        + "inputs.destination_id"
                );
            run.Outputs.Add((JsonObject)output.DeepClone());
        }
        return [];
    }
}
