using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Platform.Tests.Registry.Fake;

/// <summary>The artifact proxy and the listings.</summary>
internal sealed partial class FakeArtifacts(FakeStore store, bool three)
{
    public const string Proxy = "/mlflow-artifacts/artifacts/";

    public void AddTo(Dictionary<string, Func<FakeCall, JsonObject>> routes)
    {
        routes["GET /mlflow/artifacts/list"] = c => Listing(store, store.Run(c.Need("run_id")).Uri, c.Field("path") ?? "");
        routes["GET /mlflow-artifacts/artifacts"] = c =>
        {
            var path = c.Field("path") ?? "";
            var listing = Listing(store, "mlflow-artifacts:/" + path, "");
            Check(path);
            listing.Remove("root_uri");
            return listing;
        };
    }

    public FakeAnswer Answer(FakeCall call, string rawPath)
    {
        Check(rawPath);
        var path = Uri.UnescapeDataString(rawPath);
        switch (call.Method)
        {
            case "PUT":
                store.Files[path] = call.Content;
                return three ? new(200, null, []) : FakeAnswer.Json(200, new JsonObject());
            case "DELETE":
                store.Files.Remove(path);
                return FakeAnswer.Json(200, new JsonObject());
            default:
                if (store.Files.TryGetValue(path, out var content))
                    return new(200, "application/octet-stream", content, three ? [("ETag", $"\"{content.Length}\"")] : null);
                throw three
                    ? FakeError.Missing($"Artifact '{path}' not found")
                    : new FakeError(500, "INTERNAL_ERROR", $"[Errno 2] No such file or directory: '{path}'");
        }
    }

    public static JsonObject Listing(FakeStore store, string rootUri, string path)
    {
        Check(path);
        var root = rootUri["mlflow-artifacts:/".Length..].Trim('/') + "/";
        var folder = path.Length == 0 ? root : $"{root}{path.Trim('/')}/";
        var entries = store
            .Files.Where(f => f.Key.StartsWith(folder, StringComparison.Ordinal))
            .GroupBy(f => f.Key[folder.Length..].Split('/')[0])
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g =>
            {
                var file = store.Files.GetValueOrDefault(folder + g.Key);
                var json = new JsonObject { ["path"] = folder[root.Length..] + g.Key, ["is_dir"] = file is null };
                if (file is not null)
                    json["file_size"] = (long)file.Length;
                return (JsonNode)json;
            });
        return new JsonObject { ["root_uri"] = rootUri }.With("files", [.. entries]);
    }

    /// <summary>Refuses paths that leave the folder, however often they are encoded.</summary>
    public static void Check(string path)
    {
        for (string? before = null; before != path; (before, path) = (path, Uri.UnescapeDataString(path)))
            if (path.Split('/', '\\').Contains("..") || path.StartsWith('/') || Drive().IsMatch(path))
                throw FakeError.Invalid("Invalid path");
    }

    [GeneratedRegex("^[A-Za-z]+:")]
    private static partial Regex Drive();
}
