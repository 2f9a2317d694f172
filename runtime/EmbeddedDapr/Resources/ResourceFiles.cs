using System.Text.Json.Nodes;

namespace Dapr.Embedded.Resources;

/// <summary>Reads the documents of resources folders and Configuration files.</summary>
internal static class ResourceFiles
{
    /// <summary>The documents of all *.yaml and *.yml of the folders (not of subfolders) that are meant for the app, in file order.</summary>
    /// <exception cref="ResourceException">A folder is missing or a file is no YAML.</exception>
    public static IReadOnlyList<ResourceDocument> Read(IReadOnlyList<string> folders, string appId)
    {
        var documents = new List<ResourceDocument>();
        foreach (var folder in folders)
        {
            if (!Directory.Exists(folder))
                throw new ResourceException($"resources path {folder}: there is no such folder");
            foreach (var file in Directory.EnumerateFiles(folder).Where(IsYaml).Order(StringComparer.Ordinal))
                documents.AddRange(ReadFile(file).Where(document => document.IsFor(appId)));
        }
        return documents;
    }

    /// <summary>The Configuration that the files make together: a section of a later file replaces that of an earlier one.</summary>
    public static ConfigurationSpec ReadConfiguration(IReadOnlyList<string> files)
    {
        var merged = ConfigurationSpec.Empty;
        foreach (var file in files)
        {
            if (!File.Exists(file))
                throw new ResourceException($"config {file}: there is no such file");
            foreach (var document in ReadFile(file).Where(document => document.Kind == "Configuration"))
            {
                var spec = (JsonObject)merged.Spec.DeepClone();
                foreach (var (name, section) in document.Spec)
                    spec[name] = section?.DeepClone();
                merged = new ConfigurationSpec(document.Name, spec);
            }
        }
        return merged;
    }

    private static IEnumerable<ResourceDocument> ReadFile(string file)
    {
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (IOException error)
        {
            throw new ResourceException($"{file}: cannot be read: {error.Message}", error);
        }
        return YamlDocuments.Read(text, file).Select(root => Document(root, file));
    }

    private static ResourceDocument Document(JsonObject root, string file) =>
        new(
            root["kind"]?.ToString() ?? "",
            root["apiVersion"]?.ToString() ?? "",
            (root["metadata"] as JsonObject)?["name"]?.ToString() ?? "",
            [.. (root["scopes"] as JsonArray ?? []).Select(scope => scope?.ToString() ?? "")],
            root,
            file
        );

    private static bool IsYaml(string file) => Path.GetExtension(file).ToLowerInvariant() is ".yaml" or ".yml";
}
