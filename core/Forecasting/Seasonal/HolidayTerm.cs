using System.Globalization;

namespace Dapr.Anomaly.Core.Forecasting.Seasonal;

/// <summary>One indicator column: the days that lie a fixed offset away from the days of one holiday, matched by UTC date.</summary>
internal sealed record HolidayTerm(string Name, IReadOnlySet<int> EpochDays)
{
    public bool Covers(double epochSeconds) => EpochDays.Contains((int)Math.Floor(epochSeconds / 86400));

    /// <summary>
    /// The columns of all holidays, sorted by name. One that never falls within the history gets a coefficient of zero from its prior.
    /// </summary>
    public static IReadOnlyList<HolidayTerm> All(IReadOnlyList<Holiday> holidays)
    {
        var terms = new SortedDictionary<string, HashSet<int>>(StringComparer.Ordinal);
        foreach (var holiday in holidays)
            for (var offset = holiday.LowerWindowDays; offset <= holiday.UpperWindowDays; offset++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"{holiday.Name}_delim_{(offset >= 0 ? "+" : "-")}{Math.Abs(offset)}");
                if (!terms.TryGetValue(name, out var days))
                    terms[name] = days = [];
                days.Add(EpochDay(holiday.Date) + offset);
            }
        return [.. terms.Select(t => new HolidayTerm(t.Key, t.Value))];
    }

    private static int EpochDay(DateOnly date) => date.DayNumber - new DateOnly(1970, 1, 1).DayNumber;
}
