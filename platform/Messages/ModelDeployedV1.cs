namespace Dapr.Anomaly.Platform.Messages;

/// <summary>A version took over an alias; inference reloads by itself when it hears this, or on its next poll.</summary>
public sealed record ModelDeployedV1(string Model, string Version, string Alias, DateTimeOffset At);
