using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Dapr.Anomaly.Contracts.Tests.Documents;

/// <summary>A YAML document as JSON, by the types of YAML's core schema.</summary>
internal static class Yaml
{
    public static JsonNode Load(string file)
    {
        var stream = new YamlStream();
        using var reader = File.OpenText(file);
        stream.Load(reader);
        return Node(stream.Documents.Single().RootNode)!;
    }

    private static JsonNode? Node(YamlNode node) =>
        node switch
        {
            YamlMappingNode mapping => new JsonObject(
                mapping.Children.Select(c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, Node(c.Value)))
            ),
            YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(Node)]),
            YamlScalarNode { Style: ScalarStyle.Plain, Value: var text } => Plain(text!),
            _ => JsonValue.Create(((YamlScalarNode)node).Value),
        };

    private static JsonNode? Plain(string text) =>
        text switch
        {
            "null" or "~" or "" => null,
            "true" => true,
            "false" => false,
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
            _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            _ => text,
        };
}
