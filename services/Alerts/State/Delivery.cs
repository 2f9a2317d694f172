using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Alerts;

/// <summary>One change of an incident for one receiver. It waits until the receiver took it, or refused it for good.</summary>
/// <param name="Route">Name of a Dapr output binding, or <see cref="Topic"/>.</param>
/// <param name="Incident">As it is told.</param>
/// <param name="Attempts">Tries that failed.</param>
/// <param name="NotBefore">When it is tried again.</param>
/// <param name="Refused">The receiver's words, when it will never take it; it is not tried again.</param>
internal sealed record Delivery(string Route, IncidentV1 Incident, int Attempts = 0, DateTimeOffset? NotBefore = null, string? Refused = null)
{
    /// <summary>The route to the subscribers of topic "incidents"; no binding can have this name.</summary>
    public const string Topic = "topic:" + Topics.Incidents;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(5);

    /// <summary>A try that failed: the next one after a pause that doubles, and not before the receiver wants it.</summary>
    public Delivery Failed(DateTimeOffset now, DateTimeOffset? retryAfter)
    {
        var pause = TimeSpan.FromTicks(Math.Min(MaxPause.Ticks, FirstPause.Ticks << Math.Min(Attempts, 20)));
        return this with { Attempts = Attempts + 1, NotBefore = retryAfter is { } wanted && wanted > now + pause ? wanted : now + pause };
    }
}
