using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Platform.Tests.Registry.Fake;

/// <summary>Registered models, versions, aliases.</summary>
internal sealed partial class FakeRegistry(FakeStore store, bool three)
{
    public void AddTo(Dictionary<string, Func<FakeCall, JsonObject>> routes)
    {
        routes["POST /mlflow/registered-models/create"] = CreateModel;
        routes["GET /mlflow/registered-models/get"] = c => new() { ["registered_model"] = store.RegisteredModel(c.Need("name"), 404).Json() };
        routes["GET /mlflow/registered-models/search"] = c =>
            FakeRoutes.Page(
                c,
                "registered_models",
                [
                    .. store.Registered.Where(m =>
                        FakeFilter.Holds(c.Field("filter"), key => key == "name" ? m.Name : m.Tags.GetValueOrDefault(key["tags.".Length..]))
                    ),
                ],
                100,
                m => m.Json()
            );
        routes["POST /mlflow/model-versions/create"] = CreateVersion;
        routes["GET /mlflow/model-versions/get"] = c => Json(Version(c));
        routes["GET /mlflow/model-versions/get-download-uri"] = c => new() { ["artifact_uri"] = Version(c).Source };
        routes["GET /mlflow/model-versions/search"] = c =>
            FakeRoutes.Page(
                c,
                "model_versions",
                [
                    .. store
                        .Registered.SelectMany(m => m.Versions)
                        .Where(v => FakeFilter.Holds(c.Field("filter"), key => Value(v, key)))
                        .OrderByDescending(v => int.Parse(v.Number)),
                ],
                1000,
                v => v.Json()
            );
        routes["POST /mlflow/model-versions/set-tag"] = c =>
        {
            Version(c).Tags[c.Need("key")] = c.Field("value") ?? "";
            return [];
        };
        routes["DELETE /mlflow/model-versions/delete"] = DeleteVersion;
        routes["POST /mlflow/registered-models/alias"] = SetAlias;
        routes["GET /mlflow/registered-models/alias"] = FindAlias;
        routes["DELETE /mlflow/registered-models/alias"] = c =>
        {
            store.RegisteredModel(c.Need("name"), 404).Aliases.Remove(c.Need("alias"));
            return [];
        };
    }

    private static JsonObject Json(FakeVersion version) => new() { ["model_version"] = version.Json() };

    private FakeVersion Version(FakeCall call) => store.RegisteredModel(call.Need("name"), 404).Version(call.Need("version"));

    private static object? Value(FakeVersion version, string key) =>
        key.Split('.', 2) switch
        {
            ["name"] => version.Model.Name,
            ["run_id"] => version.Run,
            ["tags", var name] => version.Tags.GetValueOrDefault(name),
            _ => throw FakeError.Invalid($"Invalid attribute key '{key}'"),
        };

    private JsonObject CreateModel(FakeCall call)
    {
        var name = call.Need("name");
        if (store.Registered.Any(m => m.Name == name))
            throw FakeError.Exists($"Registered Model (name={name}) already exists.");
        var made = new FakeRegistered(name) { Description = call.Field("description") ?? "" };
        foreach (var pair in call.List("tags"))
            made.Tags[pair["key"]!.GetValue<string>()] = pair["value"]!.GetValue<string>();
        store.Registered.Add(made);
        return new() { ["registered_model"] = made.Json() };
    }

    private JsonObject CreateVersion(FakeCall call)
    {
        var source = call.Need("source");
        var (model, run, logged) = (store.RegisteredModel(call.Need("name"), 404), call.Field("run_id"), call.Field("model_id"));
        CheckSource(source, run, logged);
        var made = new FakeVersion(model, $"{++model.Numbers}")
        {
            Source = source,
            Run = run,
            Description = call.Field("description") ?? "",
        };
        foreach (var pair in call.List("tags"))
            made.Tags[pair["key"]!.GetValue<string>()] = pair["value"]!.GetValue<string>();
        model.Versions.Add(made);
        if (logged is not null)
            store.Model(logged).Tags["mlflow.modelVersions"] = new JsonArray(
                new JsonObject { ["name"] = model.Name, ["version"] = made.Number }
            ).ToJsonString();
        return Json(made);
    }

    // A server of 3.17 or later wants the source inside the model or the run that is named.
    private void CheckSource(string source, string? run, string? logged)
    {
        var scheme = source.IndexOf(':');
        if (scheme <= 0 || source.StartsWith("file:", StringComparison.Ordinal))
            throw FakeError.Invalid(
                $"Invalid model version source: '{source}'. To use a local path as a model version source, "
                    + "the run_id request parameter has to be specified."
            );
        FakeArtifacts.Check(source[(scheme + 1)..].TrimStart('/'));
        if (!three || !source.StartsWith("mlflow-artifacts:", StringComparison.Ordinal))
            return;
        var home = logged is not null ? store.Models.FirstOrDefault(m => m.Id == logged)?.Uri : store.Runs.FirstOrDefault(r => r.Id == run)?.Uri;
        if (home is null || !(source == home || source.StartsWith(home + "/", StringComparison.Ordinal)))
            throw FakeError.Invalid(
                $"Invalid model version source: '{source}'. The run_id request parameter must identify the resource that contains the source."
            );
    }

    private JsonObject DeleteVersion(FakeCall call)
    {
        var version = Version(call);
        version.Model.Versions.Remove(version);
        // Before 3.17 the alias is left dangling.
        if (three)
            foreach (var alias in version.Model.Aliases.Where(a => a.Value == version.Number).Select(a => a.Key).ToArray())
                version.Model.Aliases.Remove(alias);
        return [];
    }

    private JsonObject SetAlias(FakeCall call)
    {
        var alias = call.Field("alias") ?? "";
        if (!Alias().IsMatch(alias) || Reserved().IsMatch(alias))
            throw FakeError.Invalid($"Invalid alias name: '{alias}'");
        if (call.Body["version"]?.GetValueKind() != JsonValueKind.String)
            throw FakeError.Invalid("Invalid value for parameter 'version' supplied: it must be a string");
        var model = store.RegisteredModel(call.Need("name"), 404);
        model.Aliases[alias] = model.Version(call.Need("version")).Number;
        return [];
    }

    private JsonObject FindAlias(FakeCall call)
    {
        var model = store.RegisteredModel(call.Need("name"), three ? 404 : 400);
        return model.Aliases.TryGetValue(call.Need("alias"), out var number)
            ? Json(model.Version(number))
            : throw FakeError.Invalid($"Registered model alias {call.Need("alias")} not found.");
    }

    [GeneratedRegex(@"^[\w\-]{1,255}$")]
    private static partial Regex Alias();

    [GeneratedRegex(@"^(latest|v\d+)$", RegexOptions.IgnoreCase)]
    private static partial Regex Reserved();
}
