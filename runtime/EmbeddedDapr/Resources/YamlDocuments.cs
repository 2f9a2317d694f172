using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Dapr.Embedded.Resources;

/// <summary>Reads YAML into JSON nodes: plain scalars become numbers, bools and nulls by YAML's core schema, quoted ones stay text.</summary>
internal static class YamlDocuments
{
    /// <exception cref="ResourceException">The text is no YAML; the message names the file and the place.</exception>
    public static IReadOnlyList<JsonObject> Read(string text, string file)
    {
        try
        {
            return [.. BoundedYaml.Load(text).Documents.Select(document => Convert(document.RootNode)).OfType<JsonObject>()];
        }
        catch (YamlException error)
        {
            throw new ResourceException($"{file}: not YAML at line {error.Start.Line}, column {error.Start.Column}: {error.Message}", error);
        }
    }

    private static JsonNode? Convert(YamlNode node) =>
        node switch
        {
            YamlMappingNode mapping => Convert(mapping),
            YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(Convert)]),
            YamlScalarNode scalar => Scalar(scalar),
            _ => null,
        };

    private static JsonObject Convert(YamlMappingNode mapping)
    {
        var converted = new JsonObject();
        foreach (var (key, value) in mapping.Children)
            converted[key is YamlScalarNode name ? name.Value ?? "" : throw new YamlException(key.Start, key.End, "a key that is no text")] = Convert(
                value
            );
        return converted;
    }

    private static JsonNode? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain)
            return JsonValue.Create(text);
        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" => JsonValue.Create(true),
            "false" or "False" or "FALSE" => JsonValue.Create(false),
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
                    && whole.ToString(CultureInfo.InvariantCulture) == text => JsonValue.Create(whole),
            _ => JsonValue.Create(text),
        };
    }
}
