using System.Text.Json;
using Dapr.Embedded.PubSub.Events;

namespace Dapr.Embedded.PubSub.Routing.Cel;

/// <summary>CEL values over JSON: scalars become .NET scalars, objects and arrays stay JSON until they are looked into.</summary>
internal static class CelValue
{
    public static object? FromJson(object? value) =>
        value is not JsonElement json
            ? value
            : json.ValueKind switch
            {
                JsonValueKind.String => JsonText.Of(json),
                JsonValueKind.Number => json.TryGetInt64(out var whole) ? whole : json.GetDouble(),
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.Null or JsonValueKind.Undefined => null,
                _ => json,
            };

    public static bool IsMap(object? value) => value is IReadOnlyDictionary<string, object?> or JsonElement { ValueKind: JsonValueKind.Object };

    public static object? Field(object? target, string name)
    {
        if (target is JsonElement { ValueKind: JsonValueKind.Object } json && json.TryGetProperty(name, out var property))
            return FromJson(property);
        if (target is IReadOnlyDictionary<string, object?> map && map.TryGetValue(name, out var value))
            return value;
        return new CelError($"no such key: {name}");
    }

    public static object? At(object? target, object? index)
    {
        if (index is string name)
            return Field(target, name);
        if (index is double d && d == Math.Floor(d))
            index = (long)d;
        if (index is not long at)
            return new CelError($"an index must be a number or a string, seen {TypeName(index)}");
        if (Elements(target) is not { } elements || IsMap(target))
            return new CelError($"no such overload: {TypeName(target)}[int]");
        var list = elements.ToList();
        return at >= 0 && at < list.Count ? list[(int)at] : new CelError($"index out of bounds: {at}");
    }

    /// <summary>The elements of a list, the keys of a map, null for anything else.</summary>
    public static IEnumerable<object?>? Elements(object? value) =>
        value switch
        {
            IReadOnlyList<object?> list => list,
            IReadOnlyDictionary<string, object?> map => map.Keys,
            JsonElement { ValueKind: JsonValueKind.Array } array => array.EnumerateArray().Select(e => FromJson(e)),
            JsonElement { ValueKind: JsonValueKind.Object } map => map.EnumerateObject().Select(p => (object?)p.Name),
            _ => null,
        };

    public static string TypeName(object? value) =>
        value switch
        {
            null => "null",
            bool => "bool",
            long => "int",
            double => "double",
            string => "string",
            _ when IsMap(value) => "map",
            _ => "list",
        };
}
