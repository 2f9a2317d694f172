namespace Dapr.Anomaly.Platform.Prometheus.Presets;

/// <summary>What a server has for the presets.</summary>
/// <param name="Matches">One for each known exporter, found or not.</param>
/// <param name="WorkloadSource">How pods become workloads.</param>
/// <param name="ScrapeInterval">Median distance of the server's own samples.</param>
/// <param name="RateWindow">Range of <c>rate</c> in the queries: four scrapes, at least 1 min.</param>
public sealed record DetectedPresets(IReadOnlyList<PresetMatch> Matches, WorkloadSource WorkloadSource, TimeSpan ScrapeInterval, TimeSpan RateWindow)
{
    /// <summary>Queries of all matches.</summary>
    public IReadOnlyList<SignalQuery> Queries => [.. Matches.SelectMany(static m => m.Queries)];
}

/// <summary>One exporter: found with its queries, or missing with what follows from that.</summary>
/// <param name="Exporter">Such as <c>node-exporter</c>.</param>
/// <param name="Queries">Empty when it is missing, or when the configuration does not want its groups.</param>
/// <param name="Found">Whether the server has its metrics.</param>
/// <param name="Note">What a person should know; empty when nothing.</param>
public sealed record PresetMatch(string Exporter, bool Found, IReadOnlyList<SignalQuery> Queries, string Note = "");
