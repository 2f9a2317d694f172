using System.Globalization;

namespace Dapr.Embedded.Resources;

/// <summary>Durations as Go writes them: "300ms", "1.5h", "2h45m", "-1s"; units ns, us, µs, ms, s, m, h.</summary>
internal static class GoDuration
{
    /// <summary>Reads a Go duration; false for anything else, a number without unit included (but "0" is a duration).</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var rest = text.AsSpan().Trim();
        var sign = 1;
        if (rest.Length > 0 && rest[0] is '-' or '+')
        {
            sign = rest[0] == '-' ? -1 : 1;
            rest = rest[1..];
        }
        if (rest is "0")
            return true;
        if (rest.IsEmpty)
            return false;
        var ticks = 0.0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept("0123456789.");
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return false;
            rest = rest[digits..];
            var letters = rest.IndexOfAny("0123456789.");
            var unit = letters < 0 ? rest : rest[..letters];
            var perUnit = TicksPer(unit);
            if (perUnit is null)
                return false;
            ticks += number * perUnit.Value;
            rest = rest[unit.Length..];
        }
        if (ticks > long.MaxValue / 2)
            return false;
        duration = TimeSpan.FromTicks(sign * (long)Math.Round(ticks));
        return true;
    }

    /// <summary>A Go duration or, as in Resiliency resources, a plain whole number of milliseconds.</summary>
    public static bool TryParseOrMilliseconds(string text, out TimeSpan duration)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds))
            return TryParse(text, out duration);
        duration = TimeSpan.FromMilliseconds(milliseconds);
        return true;
    }

    private static double? TicksPer(ReadOnlySpan<char> unit) =>
        unit switch
        {
            "ns" => 0.01,
            "us" or "µs" or "μs" => TimeSpan.TicksPerMicrosecond,
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            _ => null,
        };
}
