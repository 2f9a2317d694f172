using System.Globalization;

namespace Dapr.Embedded.Resiliency;

/// <summary>The codes that a retry policy names, as in <c>429,500-599</c>; no list names all.</summary>
internal sealed class StatusMatch
{
    private readonly IReadOnlyList<(int From, int To)> ranges;

    private StatusMatch(IReadOnlyList<(int From, int To)> ranges) => this.ranges = ranges;

    public static StatusMatch All { get; } = new([(int.MinValue, int.MaxValue)]);

    public static StatusMatch None { get; } = new([]);

    /// <exception cref="FormatException">A part is neither a code nor a range of codes.</exception>
    public static StatusMatch Parse(string field, string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return All;
        var ranges = new List<(int, int)>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-', 2, StringSplitOptions.TrimEntries);
            if (!Code(ends[0], out var from) || !Code(ends[^1], out var to) || from > to)
                throw new FormatException($"{field}: '{part}' is neither a code nor a range; write for example 429,500-599");
            ranges.Add((from, to));
        }
        return new StatusMatch(ranges);
    }

    public bool Names(int code) => ranges.Any(r => code >= r.From && code <= r.To);

    private static bool Code(string text, out int code) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out code);
}
