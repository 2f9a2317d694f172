using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Dapr.Anomaly.Contracts.Tests.Documents;

/// <summary>A part of the documents of docs/api, with the file it stands in, so that references can be followed.</summary>
/// <param name="Name">The last part of the reference that led here, else the key.</param>
internal sealed record ApiNode(string File, string Name, JsonNode? Json)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "api");
    private static readonly ConcurrentDictionary<string, JsonNode> Loaded = [];

    public static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Folder, folder), "*.yaml").Select(f => Path.GetRelativePath(Folder, f)).Order();

    public static ApiNode Load(string file) => new(file, "", Loaded.GetOrAdd(file, f => Yaml.Load(Path.Combine(Folder, f))));

    /// <summary>A member, its reference followed; null where there is none.</summary>
    public ApiNode? this[string member] =>
        Json is JsonObject json && json.TryGetPropertyValue(member, out var value) ? new ApiNode(File, member, value).Followed() : null;

    public IEnumerable<ApiNode> Members => Json is JsonObject json ? json.Select(m => new ApiNode(File, m.Key, m.Value).Followed()) : [];

    public IEnumerable<string> Keys => Json is JsonObject json ? json.Select(m => m.Key) : [];

    public IEnumerable<string> Texts => Json is JsonArray list ? list.Select(t => t!.GetValue<string>()) : [];

    public string? Text => Json is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>This node and all below it, references not followed.</summary>
    public IEnumerable<ApiNode> All =>
        Json switch
        {
            JsonObject json => json.SelectMany(m => new ApiNode(File, m.Key, m.Value).All).Prepend(this),
            JsonArray list => list.SelectMany(i => new ApiNode(File, Name, i).All).Prepend(this),
            _ => [this],
        };

    private ApiNode Followed()
    {
        if (Json is not JsonObject json || !json.TryGetPropertyValue("$ref", out var reference))
            return this;
        var parts = reference!.GetValue<string>().Split('#');
        var found = Load(parts[0].Length == 0 ? File : Path.Combine(Path.GetDirectoryName(File)!, parts[0]));
        foreach (var step in parts[1].Split('/', StringSplitOptions.RemoveEmptyEntries))
            found = found[step] ?? throw new InvalidDataException($"{File}: {reference} leads nowhere");
        return found;
    }
}
