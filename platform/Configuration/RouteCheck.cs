using Dapr.Anomaly.Platform.Messages;
using Dapr.Embedded.Resources;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>Routes are names of Dapr output bindings. Whoever knows the folder of the components can tell which of them do not exist.</summary>
public static class RouteCheck
{
    /// <returns>One error for each route that no component has, with the nearest name that one has.</returns>
    public static IReadOnlyList<ConfigurationError> Check(AlertsConfiguration alerts, string componentsFolder)
    {
        if (alerts.Routes.Count == 0)
            return [];
        var place = alerts.RoutesPlace ?? new("alerts.routes");
        if (!Directory.Exists(componentsFolder))
            return [new(place, $"its bindings are looked for in {componentsFolder}, and there is no such folder")];
        var bindings = Bindings(componentsFolder);
        return
        [
            .. alerts.Routes.Where(r => !bindings.Contains(r)).Select(r => new ConfigurationError(place, Missing(r, bindings, componentsFolder))),
        ];
    }

    private static string Missing(string route, SortedSet<string> bindings, string folder) =>
        $"\"{route}\" is no output binding of {folder}; "
        + (
            NearestName.Of(route, bindings) is { } nearest ? $"did you mean {nearest}?"
            : bindings.Count > 0 ? $"there are: {string.Join(", ", bindings)}"
            : "there is none"
        );

    private static SortedSet<string> Bindings(string folder) =>
        new(
            Directory.EnumerateFiles(folder).Where(static f => Path.GetExtension(f) is ".yaml" or ".yml").SelectMany(Documents).SelectMany(NameOf),
            StringComparer.Ordinal
        );

    /// <summary>A file that is not YAML has no bindings; the sidecar, which loads it, says what is wrong with it.</summary>
    private static IEnumerable<YamlMappingNode> Documents(string file)
    {
        YamlStream yaml;
        try
        {
            yaml = BoundedYaml.Load(File.ReadAllText(file));
        }
        catch (YamlException)
        {
            return [];
        }
        return yaml.Documents.Select(static d => d.RootNode).OfType<YamlMappingNode>();
    }

    private static IEnumerable<string> NameOf(YamlMappingNode component)
    {
        if (
            At(component, "kind") is not YamlScalarNode { Value: "Component" }
            || At(component, "metadata", "name") is not YamlScalarNode { Value: { } name }
        )
            yield break;
        // A component with scopes is loaded by the apps that they name, and routes are sent by alerts.
        if (
            At(component, "scopes") is YamlSequenceNode { Children.Count: > 0 } scopes
            && !scopes.Any(static s => s is YamlScalarNode { Value: Apps.Alerts })
        )
            yield break;
        if (At(component, "spec", "type") is not YamlScalarNode { Value: { } type } || !type.StartsWith("bindings.", StringComparison.Ordinal))
            yield break;
        var direction = (At(component, "spec", "metadata") as YamlSequenceNode)
            ?.OfType<YamlMappingNode>()
            .Where(static m => At(m, "name") is YamlScalarNode { Value: "direction" })
            .Select(static m => (At(m, "value") as YamlScalarNode)?.Value)
            .FirstOrDefault();
        if (direction is null || direction.Contains("output", StringComparison.Ordinal))
            yield return name;
    }

    private static YamlNode? At(YamlNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var key in path)
            node = node is YamlMappingNode mapping && mapping.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;
        return node;
    }
}
