namespace Dapr.Anomaly.Platform.Messages;

/// <summary>A message that can never be handled, as it came, with the reason.</summary>
/// <param name="App">Who refused it.</param>
/// <param name="Content">Its bytes, cut after <see cref="MaxContentBytes"/>.</param>
public sealed record DeadLetterV1(string App, string Topic, string Reason, DateTimeOffset At, string? ContentType, byte[] Content)
{
    public const int MaxContentBytes = 64 * 1024;
}
