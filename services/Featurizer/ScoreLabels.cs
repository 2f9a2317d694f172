using System.Globalization;
using System.Text;
using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Featurizer;

/// <summary>
/// Labels of a score in the text form of Prometheus. Two different names never become one:
/// <list type="bullet">
/// <item>A name that the form of Prometheus 2 cannot carry (<c>service.name</c>) is escaped as Prometheus 3 does it itself (the scheme "values"):
/// <c>U__service_2e_name</c>, an underscore twice, any other character by its code point in hexadecimal digits. A scraper that offers
/// <c>escaping=allow-utf-8</c> gets the name quoted instead.</item>
/// <item>Names that Prometheus keeps for itself (<c>__name__</c>), and names that begin as escaped ones do, are escaped in both forms.</item>
/// <item>The label <c>for</c> is the query's name; one of the source becomes <c>exported_for</c>, and <c>exported_for</c> gets one more
/// <c>exported_</c>. <c>job</c> and <c>instance</c> of the source are for Prometheus to rename, which it does in the same way.</item>
/// <item>A label with an empty value is no label.</item>
/// </list>
/// </summary>
internal static class ScoreLabels
{
    private const string Own = "for";
    private const string Exported = "exported_";
    private const string Escaped = "U__";

    /// <returns><c>{workload="checkout",for="cpu"}</c></returns>
    public static string Write(SeriesIdentity series, bool quoted)
    {
        var text = new StringBuilder("{");
        foreach (var (name, value) in series.Labels)
            if (value.Length > 0)
                Append(text, Name(name, quoted), value).Append(',');
        return Append(text, Own, series.Name).Append('}').ToString();
    }

    /// <summary>The name as it is written; in quotes when only the quoted form can carry it.</summary>
    public static string Name(string name, bool quoted)
    {
        if (IsOwn(name))
            return Exported + name;
        if (name.StartsWith("__", StringComparison.Ordinal) || name.StartsWith(Escaped, StringComparison.Ordinal))
            return Escape(name);
        if (IsPlain(name))
            return name;
        return quoted ? $"\"{Quote(name)}\"" : Escape(name);
    }

    private static StringBuilder Append(StringBuilder text, string name, string value) =>
        text.Append(name).Append("=\"").Append(Quote(value)).Append('"');

    private static bool IsOwn(string name)
    {
        var rest = name.AsSpan();
        while (rest.StartsWith(Exported, StringComparison.Ordinal))
            rest = rest[Exported.Length..];
        return rest.SequenceEqual(Own);
    }

    private static bool IsPlain(string name)
    {
        foreach (var c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
                return false;
        return !char.IsAsciiDigit(name[0]);
    }

    /// <summary>The scheme "values" of Prometheus, applied to every name that comes here.</summary>
    private static string Escape(string name)
    {
        var text = new StringBuilder(Escaped);
        var isFirst = true;
        foreach (var rune in name.EnumerateRunes())
        {
            if (rune.Value == '_')
                text.Append("__");
            else if (rune.IsAscii && (char.IsAsciiLetter((char)rune.Value) || (!isFirst && char.IsAsciiDigit((char)rune.Value))))
                text.Append((char)rune.Value);
            else
                text.Append(CultureInfo.InvariantCulture, $"_{rune.Value:x}_");
            isFirst = false;
        }
        return text.ToString();
    }

    private static string Quote(string value) => value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");
}
