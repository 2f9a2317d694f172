using System.Text.Json;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Cli.Backtest;

/// <summary>What a backtest says; its JSON keys are stable (snake case).</summary>
/// <param name="FalseIncidentsPerDay">Mean over the seeds, with its standard error over them.</param>
/// <param name="FalseInFirstHour">False incidents within an hour of the first training.</param>
internal sealed record BacktestReport(
    string Source,
    IReadOnlyList<int> Seeds,
    int? Workloads,
    double Days,
    double StepSeconds,
    double IncidentsPerDay,
    double FalseIncidentsPerDay,
    double FalseIncidentsPerDayError,
    double ToldPerDay,
    int FalseInFirstHour,
    IReadOnlyList<CountedBy> IncidentsByQuery,
    IReadOnlyList<CountedBy> FalseByQuery,
    IReadOnlyList<CountedBy> FalseByEvent,
    IReadOnlyList<FaultFigures> Faults,
    IReadOnlyList<PatternFigures> FaultsByPattern,
    IReadOnlyList<UnscoredSeries> NotScored,
    SpeedFigures Speed,
    IReadOnlyList<SeedFigures> BySeed,
    IReadOnlyList<IncidentLine> Incidents
)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);
}

/// <param name="Events">How often the event happened; 0 where it is no event.</param>
internal sealed record CountedBy(string Name, int Incidents, double PerDay, int Events = 0);

/// <param name="MedianDelaySeconds">From the start of the fault to the opening; absent where none was found.</param>
/// <param name="IncidentsPerEvent">Of those that were found.</param>
/// <param name="AlreadyOpen">Not found, but an earlier incident was open in their place when they began.</param>
/// <param name="Pattern"><c>step</c>, to be found within two minutes, or <c>slow</c>, to be found before its limit.</param>
/// <param name="InTime">Of those events.</param>
internal sealed record FaultFigures(
    string Kind,
    string Pattern,
    int Events,
    int Found,
    double Recall,
    int InTime,
    double RecallInTime,
    double? MedianDelaySeconds,
    double? MaxDelaySeconds,
    double IncidentsPerEvent,
    int AlreadyOpen
);

/// <summary>Of all step faults, or all slow ones.</summary>
internal sealed record PatternFigures(string Pattern, int Events, double Recall, double RecallInTime);

/// <summary>Samples of series of a query that had no score.</summary>
internal sealed record UnscoredSeries(string Query, string State, string Reason, int Series, long Samples, double Share);

/// <param name="TimesRealTime">Scored time by elapsed time, trainings included.</param>
internal sealed record SpeedFigures(
    double TimesRealTime,
    double TimesRealTimeScoring,
    long Samples,
    double Seconds,
    double TrainingSeconds,
    double CollectingSeconds,
    double ScoringSeconds,
    int Trainings
);

internal sealed record SeedFigures(int? Seed, DateTimeOffset From, DateTimeOffset To, int Incidents, int FalseIncidents, int Faults, int Found);

/// <summary>One incident as it opened, by its worst signal.</summary>
internal sealed record IncidentLine(
    int? Seed,
    string Class,
    string Cause,
    DateTimeOffset OpenedAt,
    DateTimeOffset Since,
    DateTimeOffset? ResolvedAt,
    bool Told,
    string Workload,
    string Query,
    string Unit,
    double Score,
    double Value,
    double? Expected,
    double? Lower,
    double? Upper,
    IReadOnlyList<VoteV1> Votes,
    IReadOnlyList<ContributionV1> Why,
    IReadOnlyList<string> Signals
);
