using System.Text.Json.Nodes;

namespace Dapr.Anomaly.Platform.Tests.Registry.Fake;

/// <summary>What the fake remembers; hand it to a second fake to play a restart.</summary>
internal sealed class FakeStore
{
    public List<FakeExperiment> Experiments { get; } = [new("0", "Default")];

    public List<FakeRun> Runs { get; } = [];

    public List<FakeModel> Models { get; } = [];

    public List<FakeRegistered> Registered { get; } = [];

    public SortedDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    public FakeRun Run(string id) => Runs.FirstOrDefault(r => r.Id == id) ?? throw FakeError.Missing($"Run with id={id} not found");

    public FakeExperiment Experiment(string id) =>
        Experiments.FirstOrDefault(e => e.Id == id) ?? throw FakeError.Missing($"No Experiment with id={id} exists");

    public FakeModel Model(string id) => Models.FirstOrDefault(m => m.Id == id) ?? throw FakeError.Missing($"Logged model with ID '{id}' not found.");

    public FakeRegistered RegisteredModel(string name, int ifMissing) =>
        Registered.FirstOrDefault(r => r.Name == name)
        ?? throw new FakeError(
            ifMissing,
            ifMissing == 404 ? "RESOURCE_DOES_NOT_EXIST" : "INVALID_PARAMETER_VALUE",
            $"Registered Model with name={name} not found"
        );
}

internal sealed class FakeExperiment(string id, string name)
{
    public string Id { get; } = id;

    public string Name { get; } = name;

    public string Stage { get; set; } = "active";

    public string Location => $"mlflow-artifacts:/{Id}";

    public Dictionary<string, string> Tags { get; } = [];

    public JsonObject Json() =>
        new JsonObject
        {
            ["experiment_id"] = Id,
            ["name"] = Name,
            ["artifact_location"] = Location,
            ["lifecycle_stage"] = Stage,
            ["last_update_time"] = 1L,
            ["creation_time"] = 1L,
        }.With("tags", FakeJson.Pairs(Tags));
}

internal readonly record struct FakePoint(string Key, double Value, long Timestamp, long Step);

internal sealed class FakeRun(string id, FakeExperiment experiment, long start)
{
    public string Id { get; } = id;

    public FakeExperiment Experiment { get; } = experiment;

    public string Uri => $"{Experiment.Location}/{Id}/artifacts";

    public string Name { get; set; } = "calm-crow-1";

    public string Status { get; set; } = "RUNNING";

    public string Stage { get; set; } = "active";

    public long Start { get; } = start;

    public long? End { get; set; }

    public Dictionary<string, string> Params { get; } = [];

    public Dictionary<string, string> Tags { get; } = [];

    public List<FakePoint> Metrics { get; } = [];

    public List<JsonObject> Inputs { get; } = [];

    public List<JsonObject> Outputs { get; } = [];

    public IEnumerable<FakePoint> Latest() => Metrics.GroupBy(m => m.Key).Select(g => g.OrderBy(m => m.Step).ThenBy(m => m.Timestamp).Last());

    public JsonObject InfoJson()
    {
        var info = new JsonObject
        {
            ["run_uuid"] = Id,
            ["experiment_id"] = Experiment.Id,
            ["run_name"] = Name,
            ["user_id"] = "",
            ["status"] = Status,
            ["start_time"] = Start,
            ["artifact_uri"] = Uri,
            ["lifecycle_stage"] = Stage,
            ["run_id"] = Id,
        };
        if (End is { } end)
            info["end_time"] = end;
        return info;
    }

    public JsonObject Json() =>
        new()
        {
            ["info"] = InfoJson(),
            ["data"] = new JsonObject()
                .With("metrics", [.. Latest().Select(FakeJson.Point)])
                .With("params", FakeJson.Pairs(Params))
                .With("tags", FakeJson.Pairs(Tags)),
            ["inputs"] = new JsonObject().With("dataset_inputs", [.. Inputs.Select(i => i.DeepClone())]),
            ["outputs"] = new JsonObject().With("model_outputs", [.. Outputs.Select(o => o.DeepClone())]),
        };
}

internal sealed class FakeModel(string id, FakeExperiment experiment, int order)
{
    public string Id { get; } = id;

    public FakeExperiment Experiment { get; } = experiment;

    public int Order { get; } = order;

    public string Uri => $"{Experiment.Location}/models/{Id}/artifacts";

    public string Name { get; set; } = "";

    public string Type { get; set; } = "";

    public string SourceRun { get; set; } = "";

    public string Status { get; set; } = "LOGGED_MODEL_PENDING";

    public Dictionary<string, string> Params { get; } = [];

    public Dictionary<string, string> Tags { get; } = [];

    /// <summary>A point with its run and data set.</summary>
    public List<(FakePoint Point, string Run, string? DataSet, string? Digest)> Metrics { get; } = [];

    public JsonObject Json() =>
        new()
        {
            ["info"] = new JsonObject
            {
                ["model_id"] = Id,
                ["experiment_id"] = Experiment.Id,
                ["name"] = Name,
                ["creation_timestamp_ms"] = (long)Order,
                ["last_updated_timestamp_ms"] = (long)Order,
                ["artifact_uri"] = Uri,
                ["status"] = Status,
                ["model_type"] = Type,
                ["source_run_id"] = SourceRun,
            }.With("tags", FakeJson.Pairs(Tags)),
            ["data"] = new JsonObject()
                .With("params", FakeJson.Pairs(Params))
                .With(
                    "metrics",
                    [
                        .. Metrics.Select(m =>
                        {
                            var json = FakeJson.Point(m.Point);
                            json["run_id"] = m.Run;
                            json["model_id"] = Id;
                            if (m.DataSet is not null)
                                (json["dataset_name"], json["dataset_digest"]) = (m.DataSet, m.Digest);
                            return json;
                        }),
                    ]
                ),
        };
}

internal sealed class FakeRegistered(string name)
{
    public string Name { get; } = name;

    public string Description { get; set; } = "";

    public int Numbers { get; set; }

    public Dictionary<string, string> Tags { get; } = [];

    public Dictionary<string, string> Aliases { get; } = [];

    public List<FakeVersion> Versions { get; } = [];

    public FakeVersion Version(string number) =>
        Versions.FirstOrDefault(v => v.Number == number) ?? throw FakeError.Missing($"Model Version (name={Name}, version={number}) not found");

    public JsonObject Json() =>
        new JsonObject
        {
            ["name"] = Name,
            ["creation_timestamp"] = 1L,
            ["last_updated_timestamp"] = 1L,
            ["description"] = Description,
        }
            .With("tags", FakeJson.Pairs(Tags))
            .With("aliases", [.. Aliases.Select(a => new JsonObject { ["alias"] = a.Key, ["version"] = a.Value })]);
}

internal sealed class FakeVersion(FakeRegistered model, string number)
{
    public FakeRegistered Model { get; } = model;

    public string Number { get; } = number;

    public string Source { get; set; } = "";

    public string? Run { get; set; }

    public string Description { get; set; } = "";

    public Dictionary<string, string> Tags { get; } = [];

    public JsonObject Json() =>
        new JsonObject
        {
            ["name"] = Model.Name,
            ["version"] = Number,
            ["creation_timestamp"] = 1L,
            ["last_updated_timestamp"] = 1L,
            ["current_stage"] = "None",
            ["description"] = Description,
            ["source"] = Source,
            ["run_id"] = Run ?? "",
            ["status"] = "READY",
        }
            .With("tags", FakeJson.Pairs(Tags))
            .With("aliases", [.. Model.Aliases.Where(a => a.Value == Number).Select(a => (JsonNode)a.Key)]);
}

internal static class FakeJson
{
    /// <summary>Empty lists are absent in MLflow's answers.</summary>
    public static JsonObject With(this JsonObject json, string name, JsonNode[] items)
    {
        if (items.Length > 0)
            json[name] = new JsonArray(items);
        return json;
    }

    public static JsonNode[] Pairs(IReadOnlyDictionary<string, string> pairs) =>
        [.. pairs.Select(p => new JsonObject { ["key"] = p.Key, ["value"] = p.Value })];

    public static JsonObject Point(FakePoint point) =>
        new()
        {
            ["key"] = point.Key,
            ["value"] = double.IsNaN(point.Value) ? "NaN" : point.Value,
            ["timestamp"] = point.Timestamp,
            ["step"] = point.Step,
        };
}
