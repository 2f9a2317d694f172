using System.Globalization;
using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Platform.Tests.Registry.Fake;

/// <summary>MLflow's search language: comparisons joined by <c>and</c>.</summary>
internal static partial class FakeFilter
{
    /// <param name="value">The value of a key such as <c>tags.x</c>, or null.</param>
    public static bool Holds(string? filter, Func<string, object?> value)
    {
        if (string.IsNullOrWhiteSpace(filter))
            return true;
        return And()
            .Split(filter)
            .All(part =>
            {
                var match = Comparison().Match(part);
                if (!match.Success)
                    throw FakeError.Invalid($"Invalid clause(s) in filter string: '{part}'");
                var left = value(match.Groups["key"].Value.Replace("`", "", StringComparison.Ordinal));
                var text = match.Groups["text"];
                return text.Success
                    ? Text(left as string, match.Groups["op"].Value, text.Value)
                    : Number(left, match.Groups["op"].Value, double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture));
            });
    }

    private static bool Text(string? left, string op, string right) =>
        left is not null
        && op.ToUpperInvariant() switch
        {
            "=" => left == right,
            "!=" => left != right,
            "LIKE" => Regex.IsMatch(left, "^" + Regex.Escape(right).Replace("%", ".*", StringComparison.Ordinal) + "$"),
            _ => throw FakeError.Invalid($"Invalid comparator for a string: {op}"),
        };

    private static bool Number(object? left, string op, double right)
    {
        double? number = left switch
        {
            double d => d,
            long l => l,
            _ => null,
        };
        return number is { } known
            && op switch
            {
                "=" => known == right,
                ">" => known > right,
                ">=" => known >= right,
                "<" => known < right,
                "<=" => known <= right,
                _ => false,
            };
    }

    [GeneratedRegex(@"\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)", RegexOptions.IgnoreCase)]
    private static partial Regex And();

    [GeneratedRegex(
        @"^\s*(?<key>[\w.]+(?:\.`[^`]+`)?(?:\.[\w.\-/]+)?)\s*(?<op>=|!=|>=|<=|>|<|LIKE)\s*(?:'(?<text>[^']*)'|(?<number>[-\d.eE]+))\s*$",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Comparison();
}
