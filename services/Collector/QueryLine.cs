using Dapr.Anomaly.Platform.Prometheus;

namespace Dapr.Anomaly.Collector;

/// <summary>How far the collection of one query has come. A query that is slow or refused keeps no other from going on.</summary>
internal sealed class QueryLine(SignalQuery query, DateTimeOffset next)
{
    public SignalQuery Query { get; set; } = query;

    /// <summary>The first step that is not published yet.</summary>
    public DateTimeOffset Next { get; set; } = next;

    /// <summary>The newest step that had a sample.</summary>
    public DateTimeOffset? Newest { get; set; }

    /// <summary>Where the newest hole that stays ends.</summary>
    public DateTimeOffset HoleUntil { get; set; }

    /// <summary>The question that is under way, or answered and not published yet.</summary>
    public Task<QueryAnswer?>? Asked { get; set; }
}

/// <summary>The series of one query on the grid from <paramref name="From"/> to <paramref name="To"/>.</summary>
internal sealed record QueryAnswer(SignalQuery Query, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<PrometheusSeries> Series);
