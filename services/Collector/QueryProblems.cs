using System.Collections.Concurrent;

namespace Dapr.Anomaly.Collector;

/// <summary>
/// What is wrong with which query at the moment. Each problem is logged when it begins, when it changes and when it is over, not at every collection.
/// </summary>
internal sealed class QueryProblems(ILogger<QueryProblems> logger)
{
    private readonly ConcurrentDictionary<string, Problem> _problems = [];

    public IReadOnlyList<string> Current => [.. _problems.Values.Select(t => t.Message).Distinct().Order()];

    public void Report(string name, string message) => Report(name, message, message);

    /// <param name="subject">What the problem is about; the same subject is the same problem, whatever else the message says.</param>
    public void Report(string name, string subject, string message)
    {
        if (_problems.TryGetValue(name, out var known) && known.Subject == subject)
            return;
        // A server that is down concerns every query with one and the same message.
        if (_problems.Values.All(t => t.Message != message))
            logger.LogWarning("{Message}", message);
        _problems[name] = new(subject, message);
    }

    public void Clear(string name)
    {
        if (_problems.TryRemove(name, out var problem) && _problems.Values.All(t => t.Message != problem.Message))
            logger.LogInformation("over: {Message}", problem.Message);
    }

    private sealed record Problem(string Subject, string Message);
}
