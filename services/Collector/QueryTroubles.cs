using System.Collections.Concurrent;

namespace Dapr.Anomaly.Collector;

/// <summary>What is wrong with which query at the moment. Each trouble is logged when it begins, when it changes and when it is over, not at every collection.</summary>
public sealed class QueryTroubles(ILogger<QueryTroubles> logger)
{
    private readonly ConcurrentDictionary<string, Trouble> _troubles = [];

    public IReadOnlyList<string> Current => [.. _troubles.Values.Select(t => t.Message).Distinct().Order()];

    public void Report(string alias, string message) => Report(alias, message, message);

    /// <param name="subject">What the trouble is about; the same subject is the same trouble, whatever else the message says.</param>
    public void Report(string alias, string subject, string message)
    {
        if (_troubles.TryGetValue(alias, out var known) && known.Subject == subject)
            return;
        // A server that is down troubles every query with one and the same message.
        if (_troubles.Values.All(t => t.Message != message))
            logger.LogWarning("{Message}", message);
        _troubles[alias] = new(subject, message);
    }

    public void Clear(string alias)
    {
        if (_troubles.TryRemove(alias, out var trouble) && _troubles.Values.All(t => t.Message != trouble.Message))
            logger.LogInformation("over: {Message}", trouble.Message);
    }

    private sealed record Trouble(string Subject, string Message);
}
