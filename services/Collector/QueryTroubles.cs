using System.Collections.Concurrent;

namespace Dapr.Anomaly.Collector;

/// <summary>What is wrong with which query at the moment. Each trouble is logged when it begins, when it changes and when it is over, not at every collection.</summary>
public sealed class QueryTroubles(ILogger<QueryTroubles> logger)
{
    private readonly ConcurrentDictionary<string, string> _troubles = [];

    public IReadOnlyList<string> Current => [.. _troubles.Values.Distinct().Order()];

    public void Report(string alias, string message)
    {
        if (_troubles.TryGetValue(alias, out var known) && known == message)
            return;
        // A server that is down troubles every query with one and the same message.
        if (!_troubles.Values.Contains(message))
            logger.LogWarning("{Message}", message);
        _troubles[alias] = message;
    }

    public void Clear(string alias)
    {
        if (_troubles.TryRemove(alias, out var message) && !_troubles.Values.Contains(message))
            logger.LogInformation("over: {Message}", message);
    }
}
