namespace Dapr.Embedded.Hosting;

/// <summary>The W3C baggage header: list members "key=value;property", keys of token characters.</summary>
internal static class Baggage
{
    private const string TokenSymbols = "!#$%&'*+-.^_`|~";

    public static bool IsValid(string header, out string reason)
    {
        foreach (var member in header.Split(',', StringSplitOptions.TrimEntries))
        {
            if (member.Length == 0 && header.Length == 0)
                continue;
            var parts = member.Split(';', StringSplitOptions.TrimEntries);
            var equals = parts[0].IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !IsToken(parts[0][..equals].TrimEnd()))
            {
                reason = $"invalid baggage list-member: \"{member}\"";
                return false;
            }
            if (parts.Skip(1).FirstOrDefault(property => !IsToken(property.Split('=')[0].TrimEnd())) is { } wrong)
            {
                reason = $"invalid baggage list-member property: \"{wrong}\"";
                return false;
            }
        }
        reason = "";
        return true;
    }

    private static bool IsToken(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || TokenSymbols.Contains(c, StringComparison.Ordinal));
}
