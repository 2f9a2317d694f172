namespace Dapr.Anomaly.Platform.Messages;

/// <summary>A message that can never be handled, however often it comes; the reason is one line for people and names the part that is wrong.</summary>
public sealed class MessageException(string reason, Exception? inner = null) : Exception(reason, inner);
