using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dapr.Anomaly.Core.Series;

/// <summary>
/// Identity of a series: the 64-bit FNV-1a fingerprint of its query's name and its sorted labels, stable across processes and releases.
/// As text, in JSON (also as a key) and in routes: sixteen hexadecimal digits.
/// </summary>
[JsonConverter(typeof(Converter))]
public readonly record struct SeriesId(ulong Fingerprint) : IParsable<SeriesId>
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>Fingerprint of <paramref name="name"/> and <paramref name="labels"/>; the order in which labels were given does not matter.</summary>
    public static SeriesId Of(string name, Labels labels)
    {
        var hash = Add(Offset, name);
        foreach (var (label, value) in labels)
            hash = Add(Add(hash, label), value);
        return new(hash);
    }

    /// <exception cref="FormatException">Not sixteen hexadecimal digits.</exception>
    public static SeriesId Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException($"\"{s}\" is not a series id: sixteen hexadecimal digits");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SeriesId result)
    {
        var valid = ulong.TryParse(s, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var fingerprint) && s.Length == 16;
        result = new(valid ? fingerprint : 0);
        return valid;
    }

    /// <summary>Sixteen hexadecimal digits.</summary>
    public override string ToString() => Fingerprint.ToString("x16", CultureInfo.InvariantCulture);

    private static ulong Add(ulong hash, string text)
    {
        foreach (var c in text)
        {
            hash = (hash ^ (byte)c) * Prime;
            hash = (hash ^ (byte)(c >> 8)) * Prime;
        }
        return (hash ^ 0xff) * Prime;
    }

    private sealed class Converter : JsonConverter<SeriesId>
    {
        public override SeriesId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.TokenType == JsonTokenType.String ? reader.GetString() : null, null, out var id)
                ? id
                : throw new JsonException("a series id is a string of sixteen hexadecimal digits");

        public override void Write(Utf8JsonWriter writer, SeriesId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

        public override SeriesId ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), null, out var id) ? id : throw new JsonException("a series id is sixteen hexadecimal digits");

        public override void WriteAsPropertyName(Utf8JsonWriter writer, SeriesId value, JsonSerializerOptions options) =>
            writer.WritePropertyName(value.ToString());
    }
}
