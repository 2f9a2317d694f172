namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Answer of <c>GET /healthz</c> of a service whose background loops do not all work.</summary>
public sealed record HealthV1(IReadOnlyList<LoopDown> Down);

/// <summary>A background loop whose last pass failed; it is tried again.</summary>
/// <param name="Since">Of the first pass that failed without one that worked after it.</param>
/// <param name="Reason">What the last pass failed of.</param>
public sealed record LoopDown(string Loop, DateTimeOffset Since, string Reason);
