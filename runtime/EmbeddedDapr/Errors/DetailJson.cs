using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Dapr.Embedded.Errors;

/// <summary>
/// A google.rpc detail as daprd writes it over HTTP: names of the proto file, empty texts and maps of the detail itself written out,
/// those of its parts left out.
/// </summary>
internal static class DetailJson
{
    private static readonly JsonFormatter Names = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));

    public static string Format(IMessage detail)
    {
        var json = new JsonObject { ["@type"] = $"type.googleapis.com/{detail.Descriptor.FullName}" };
        foreach (var (name, value) in JsonNode.Parse(Names.Format(detail))!.AsObject())
            json[name] = value?.DeepClone();
        foreach (var field in detail.Descriptor.Fields.InDeclarationOrder().Where(field => !json.ContainsKey(field.Name)))
        {
            if (field.IsMap)
                json[field.Name] = new JsonObject();
            else if (field is { FieldType: FieldType.String, IsRepeated: false })
                json[field.Name] = "";
        }
        return json.ToJsonString(HttpErrors.Relaxed);
    }
}
