using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>
/// Makes reading keep what the records say: a parameter without a default has to be there, what is not nullable is not null, and neither is what lies
/// in a collection.
/// </summary>
internal static class JsonContent
{
    public static void Apply(JsonSerializerOptions options)
    {
        options.RespectNullableAnnotations = true;
        options.TypeInfoResolver = (options.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver()).WithAddedModifier(Demand);
    }

    private static void Demand(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
            return;
        List<JsonPropertyInfo> collections = [];
        foreach (var property in type.Properties)
        {
            if (property is { Set: not null, AssociatedParameter: { HasDefaultValue: false } parameter } && !IsNullable(parameter))
                property.IsRequired = true;
            if (property.Get is not null && IsCollection(property.PropertyType))
                collections.Add(property);
        }
        if (collections.Count > 0)
            type.OnDeserialized = read => collections.ForEach(collection => RefuseNulls(collection, read));
    }

    private static void RefuseNulls(JsonPropertyInfo collection, object read)
    {
        var content = collection.Get!(read);
        var index = 0;
        foreach (var entry in content is IDictionary dictionary ? dictionary.Values : (IEnumerable?)content ?? Array.Empty<object>())
        {
            if (entry is null)
                throw new JsonException($"{collection.Name}: entry {index} is null");
            index++;
        }
    }

    private static bool IsNullable(JsonParameterInfo parameter) =>
        parameter.IsNullable || Nullable.GetUnderlyingType(parameter.ParameterType) is not null;

    /// <summary>A collection of references: null could be among them.</summary>
    private static bool IsCollection(Type type)
    {
        if (type == typeof(string) || !typeof(IEnumerable).IsAssignableFrom(type) || !type.IsGenericType)
            return false;
        return !type.GetGenericArguments()[^1].IsValueType;
    }
}
