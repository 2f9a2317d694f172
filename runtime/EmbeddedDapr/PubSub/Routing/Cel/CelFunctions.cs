using System.Globalization;
using System.Text.RegularExpressions;

namespace Dapr.Embedded.PubSub.Routing.Cel;

/// <summary>The functions of CEL's standard library that make sense over JSON; <c>a.f(b)</c> and <c>f(a, b)</c> are the same call.</summary>
internal static class CelFunctions
{
    public static object? Call(string name, object?[] arguments) =>
        (name, arguments) switch
        {
            ("size", [string text]) => (long)text.EnumerateRunes().Count(),
            ("size", [var list]) when CelValue.Elements(list) is { } elements => (long)elements.Count(),
            ("startsWith", [string text, string start]) => text.StartsWith(start, StringComparison.Ordinal),
            ("endsWith", [string text, string end]) => text.EndsWith(end, StringComparison.Ordinal),
            ("contains", [string text, string part]) => text.Contains(part, StringComparison.Ordinal),
            ("matches", [string text, string pattern]) => Matches(text, pattern),
            ("lowerAscii", [string text]) => text.ToLowerInvariant(),
            ("upperAscii", [string text]) => text.ToUpperInvariant(),
            ("int", [long n]) => n,
            ("int", [double d]) => Math.Abs(d) < 9.2e18 ? (long)d : new CelError("range error converting to int"),
            ("int", [string text]) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n)
                ? n
                : new CelError($"'{text}' is no int"),
            ("double", [long n]) => (double)n,
            ("double", [double d]) => d,
            ("double", [string text]) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var d)
                ? d
                : new CelError($"'{text}' is no double"),
            ("string", [string text]) => text,
            ("string", [bool b]) => b ? "true" : "false",
            ("string", [long n]) => n.ToString(CultureInfo.InvariantCulture),
            ("string", [double d]) => d.ToString("R", CultureInfo.InvariantCulture),
            ("bool", [bool b]) => b,
            ("bool", ["true"]) => true,
            ("bool", ["false"]) => false,
            ("type", [var value]) => CelValue.TypeName(value),
            _ => new CelError($"no such overload: {name}({string.Join(", ", arguments.Select(CelValue.TypeName))})"),
        };

    /// <summary>Linear-time matching, as RE2 in CEL: a pattern from a file or an app must not be able to stall the runtime.</summary>
    private static object Matches(string text, string pattern)
    {
        try
        {
            return Regex.IsMatch(text, pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return new CelError($"bad pattern '{pattern}': {e.Message}");
        }
    }
}
