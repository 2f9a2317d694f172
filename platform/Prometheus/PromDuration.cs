using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Platform.Prometheus;

/// <summary>
/// Durations as Prometheus writes them: <c>15s</c>, <c>500ms</c>, <c>1h30m</c>, <c>14d</c>, <c>2w</c>, <c>1y</c>; units from large to small, each at
/// most once.
/// </summary>
public static partial class PromDuration
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var match = Shape().Match(text);
        if (text.Length == 0 || !match.Success)
            return false;
        double ms = 0;
        foreach (var (unit, length) in Units)
            if (match.Groups[unit] is { Success: true } group)
                ms += double.Parse(group.Value, CultureInfo.InvariantCulture) * length;
        if (ms > TimeSpan.MaxValue.TotalMilliseconds)
            return false;
        duration = TimeSpan.FromMilliseconds(ms);
        return true;
    }

    public static string Format(TimeSpan duration)
    {
        var ms = (long)duration.TotalMilliseconds;
        if (ms == 0)
            return "0s";
        var text = new StringBuilder();
        foreach (var (unit, length) in Units)
        {
            // As in Prometheus, years and weeks are written only when nothing smaller is left over.
            if (unit is "y" or "w" && ms % length != 0)
                continue;
            if (ms / length is > 0 and var n)
                text.Append(CultureInfo.InvariantCulture, $"{n}{unit}");
            ms %= length;
        }
        return text.ToString();
    }

    private static ReadOnlySpan<(string Unit, long Milliseconds)> Units =>
        new[] { ("y", 365 * 86_400_000L), ("w", 7 * 86_400_000L), ("d", 86_400_000L), ("h", 3_600_000L), ("m", 60_000L), ("s", 1000L), ("ms", 1L) };

    [GeneratedRegex(@"^((?<y>\d+)y)?((?<w>\d+)w)?((?<d>\d+)d)?((?<h>\d+)h)?((?<m>\d+)m)?((?<s>\d+)s)?((?<ms>\d+)ms)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
