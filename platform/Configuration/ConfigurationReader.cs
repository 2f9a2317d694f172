using Dapr.Anomaly.Platform.Prometheus.Presets;
using Dapr.Embedded.Resources;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>Turns the text of <c>anomaly.yaml</c> into records: the whole file, or the one section that a service uses.</summary>
internal static class ConfigurationReader
{
    /// <summary>A file in which every name that a user may choose stands once, so that reading it asks for every key.</summary>
    private const string EveryName = "reader: { url: http://p, queries: { q: {} } }\nschedulers: { s: {} }\nalerts: { budget: { t: 1/day } }\n";

    /// <summary>Every key that has a value, in the order of the alphabet; names that the user chooses are <c>*</c>.</summary>
    public static IReadOnlyCollection<string> Keys
    {
        get
        {
            var source = new YamlSource("", static _ => null);
            Whole(Parse(EveryName, source)!);
            return source.Known;
        }
    }

    /// <summary>The whole file; every error is reported, also keys that nobody knows.</summary>
    public static ConfigurationResult Read(string text, string file, Func<string, string?> environment)
    {
        var (configuration, errors) = Read(text, file, environment, Whole);
        return new(configuration, errors);
    }

    /// <summary>One section. Mistakes elsewhere in the file are not this reader's business, as long as the file is YAML.</summary>
    /// <returns>Nothing exactly when there are errors.</returns>
    public static (T? Value, IReadOnlyList<ConfigurationError> Errors) Read<T>(
        string text,
        string file,
        Func<string, string?> environment,
        Func<YamlSection, T> section
    )
        where T : class
    {
        var source = new YamlSource(file, environment);
        var value = Parse(text, source) is { } root ? section(root) : null;
        return (source.HasErrors ? null : value, source.Errors);
    }

    private static AnomalyConfiguration Whole(YamlSection root)
    {
        var presets = Preset(root);
        var configuration = new AnomalyConfiguration(
            presets,
            ReaderSection.Read(root, presets),
            SchedulersSection.Read(root),
            AlertsSection.Read(root),
            SeriesSection.Read(root)
        );
        root.RefuseUnknown();
        return configuration;
    }

    private static YamlSection? Parse(string text, YamlSource source)
    {
        YamlStream yaml;
        try
        {
            yaml = BoundedYaml.Load(text);
        }
        catch (YamlException e)
        {
            source.Fail((int)e.Start.Line, "", $"not YAML: {e.Message}");
            return null;
        }
        var root = yaml.Documents.Count > 0 ? yaml.Documents[0].RootNode : null;
        if (root is not (null or YamlMappingNode or YamlScalarNode { Value: "" }))
        {
            source.Fail(root.Start.Line, "", "write keys with values, such as reader: { url: http://prometheus:9090 }");
            return null;
        }
        return new YamlSection(source, root as YamlMappingNode);
    }

    private static PresetGroups Preset(YamlSection root)
    {
        var names = root.Texts("preset");
        if (!root.Has("preset"))
            return PresetGroups.Kubernetes;
        var groups = PresetGroups.None;
        foreach (var name in names)
            if (Enum.TryParse<PresetGroups>(name, ignoreCase: true, out var group) && Enum.IsDefined(group) && !char.IsDigit(name[0]))
                groups |= group;
            else
                root.Fail(
                    "preset",
                    $"\"{name}\" is not known; write {YamlSection.ListOf(Enum.GetNames<PresetGroups>().Select(static n => n.ToLowerInvariant()))}"
                );
        return groups;
    }
}
