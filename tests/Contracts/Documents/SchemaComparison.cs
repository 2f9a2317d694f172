using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Contracts.Tests.Documents;

/// <summary>Compares a schema with the JSON form that <see cref="MessageJson.Options"/> give a type: one line for each difference.</summary>
internal static class SchemaComparison
{
    public static IEnumerable<string> Differences(Type type, ApiNode schema, string at) =>
        type.IsEnum ? Enum(type, schema, at)
        : type == typeof(SeriesId) ? Kind("string", schema, at)
        : type == typeof(SeriesIdentity) ? Identity(schema, at)
        : Record(type, schema, at);

    private static IEnumerable<string> Record(Type type, ApiNode schema, string at)
    {
        var properties = MessageJson.Options.GetTypeInfo(type).Properties;
        foreach (var difference in Kind("object", schema, at).Concat(Names(properties.Select(p => p.Name), schema, at)))
            yield return difference;
        foreach (var difference in Required(properties.Where(IsAlwaysThere).Select(p => p.Name), schema, at))
            yield return difference;
        foreach (var property in properties)
            if (schema["properties"]?[property.Name] is { } documented)
                foreach (var difference in Value(property.PropertyType, documented, $"{at}.{property.Name}"))
                    yield return difference;
    }

    /// <summary>Null is not written, and what has a default need not be sent.</summary>
    private static bool IsAlwaysThere(JsonPropertyInfo property) =>
        !property.IsGetNullable && property.AssociatedParameter is not { HasDefaultValue: true };

    private static IEnumerable<string> Value(Type type, ApiNode schema, string at)
    {
        var value = Nullable.GetUnderlyingType(type) ?? type;
        if (Contracts.ByName.ContainsKey(value.Name))
            return schema.Name == value.Name ? [] : [$"{at}: the code says {value.Name}, the document {schema.Name}"];
        if (value == typeof(byte[]))
            return Kind("string", schema, at);
        var info = MessageJson.Options.GetTypeInfo(value);
        if (info.Kind == JsonTypeInfoKind.Enumerable)
            return Kind("array", schema, at).Concat(Nested(info.ElementType!, schema["items"], $"{at}[]"));
        return info.Kind == JsonTypeInfoKind.Dictionary
            ? Kind("object", schema, at).Concat(Nested(info.ElementType!, schema["additionalProperties"], $"{at}.*"))
            : Scalar(value, schema, at);
    }

    private static IEnumerable<string> Nested(Type type, ApiNode? schema, string at) =>
        schema is null ? [$"{at}: the document does not say of what"]
        : Nullable.GetUnderlyingType(type) is { } value ? Kind($"{JsonType(value)} or null", schema, at)
        : Value(type, schema, at);

    private static IEnumerable<string> Scalar(Type type, ApiNode schema, string at)
    {
        foreach (var difference in Kind(JsonType(type), schema, at))
            yield return difference;
        if ((type == typeof(DateTimeOffset)) != (schema["format"]?.Text == "date-time"))
            yield return $"{at}: the code says {type.Name}, the format is {schema["format"]?.Text ?? "not given"}";
    }

    private static string JsonType(Type type) =>
        Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => "boolean",
            TypeCode.Int32 or TypeCode.Int64 or TypeCode.UInt64 => "integer",
            TypeCode.Double => "number",
            TypeCode.String => "string",
            _ when type == typeof(DateTimeOffset) => "string",
            _ => throw new NotSupportedException($"no schema for {type}"),
        };

    private static IEnumerable<string> Enum(Type type, ApiNode schema, string at)
    {
        var names = System.Enum.GetValues(type).Cast<object>().Select(v => JsonSerializer.Deserialize<string>(Contracts.Write(v))!);
        return Same("values", names, schema["enum"]?.Texts ?? [], at);
    }

    /// <summary>A series has a converter of its own: what it writes counts.</summary>
    private static IEnumerable<string> Identity(ApiNode schema, string at)
    {
        var written = JsonNode.Parse(Contracts.Write(Golden.Examples.Cpu))!.AsObject().Select(m => m.Key).ToArray();
        return Names(written, schema, at).Concat(Required(written, schema, at));
    }

    private static IEnumerable<string> Kind(string expected, ApiNode schema, string at)
    {
        var documented = schema["type"] is { } type ? type.Text ?? string.Join(" or ", type.Texts) : "nothing";
        return documented == expected ? [] : [$"{at}: the code says {expected}, the document {documented}"];
    }

    private static IEnumerable<string> Names(IEnumerable<string> names, ApiNode schema, string at) =>
        Same("properties", names, schema["properties"]?.Keys ?? [], at);

    private static IEnumerable<string> Required(IEnumerable<string> names, ApiNode schema, string at) =>
        Same("required", names, schema["required"]?.Texts ?? [], at);

    private static IEnumerable<string> Same(string what, IEnumerable<string> code, IEnumerable<string> document, string at)
    {
        var (left, right) = (string.Join(", ", code.Order()), string.Join(", ", document.Order()));
        return left == right ? [] : [$"{at}: {what} in the code: {left}; in the document: {right}"];
    }
}
