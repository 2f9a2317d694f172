namespace Dapr.Anomaly.Core.Incidents;

/// <summary>
/// When each team was told of an incident of late: the bound behind an alert budget. The thresholds keep a budget on average; this keeps it on the
/// worst day.
/// The period slides: a team that spent its budget is told again when its oldest incident is a period old. Immutable, without clock or I/O.
/// </summary>
/// <param name="ByTeam">Times of the incidents that were sent, oldest first; only those of the period that was asked about last.</param>
public sealed record SentIncidents(IReadOnlyDictionary<string, IReadOnlyList<DateTimeOffset>> ByTeam)
{
    public static readonly SentIncidents None = new(new Dictionary<string, IReadOnlyList<DateTimeOffset>>());

    /// <summary>Takes one incident of a team out of its budget, if the budget has one left.</summary>
    /// <param name="limit">Incidents in a period; 0 sends nothing.</param>
    /// <param name="period">Length of the sliding period.</param>
    /// <param name="at">When the incident opened.</param>
    /// <param name="after">What is to be kept, whether or not it was granted: times older than the period are dropped.</param>
    /// <returns>Whether the incident may be sent.</returns>
    public bool TrySpend(string team, int limit, TimeSpan period, DateTimeOffset at, out SentIncidents after)
    {
        List<DateTimeOffset> sent = [.. ByTeam.GetValueOrDefault(team, []).Where(time => at - time < period)];
        var granted = sent.Count < limit;
        if (granted)
        {
            sent.Add(at);
            sent.Sort();
        }
        Dictionary<string, IReadOnlyList<DateTimeOffset>> teams = new(ByTeam) { [team] = sent };
        if (sent.Count == 0)
            teams.Remove(team);
        after = new(teams);
        return granted;
    }
}
