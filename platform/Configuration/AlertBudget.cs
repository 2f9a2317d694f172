using System.Globalization;

namespace Dapr.Anomaly.Platform.Configuration;

/// <summary>At most so many alerts in so long a time: <c>2/day</c>.</summary>
public readonly record struct AlertBudget(int Count, TimeSpan Per)
{
    /// <summary>What to write instead of what is none.</summary>
    internal const string Shape = "is not a rate; write N/hour, N/day or N/week";

    /// <summary>Reads <c>N/hour</c>, <c>N/day</c> or <c>N/week</c> with N from 0.</summary>
    public static bool TryParse(string text, out AlertBudget budget)
    {
        budget = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !int.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return false;
        TimeSpan? per = text[(slash + 1)..] switch
        {
            "hour" => TimeSpan.FromHours(1),
            "day" => TimeSpan.FromDays(1),
            "week" => TimeSpan.FromDays(7),
            _ => null,
        };
        if (per is not { } time)
            return false;
        budget = new AlertBudget(count, time);
        return true;
    }

    public double PerDay => Count / Per.TotalDays;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Count}/{(Per.TotalHours < 2 ? "hour" : Per.TotalDays < 2 ? "day" : "week")}");
}
