using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Dapr.Anomaly.Campaigns.Tests.Fuzz;

/// <summary>What the answers were, and one example of each kind that was wrong.</summary>
internal sealed partial class Findings
{
    private readonly ConcurrentDictionary<string, string> wrong = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> kinds = new(StringComparer.Ordinal);
    private long slowest;

    public int Count => kinds.Values.Sum();

    /// <summary>How many requests had an answer of the kind.</summary>
    public IEnumerable<KeyValuePair<string, int>> Kinds => kinds.OrderByDescending(kind => kind.Value);

    public IReadOnlyList<string> Wrong => [.. wrong.Values];

    public TimeSpan Slowest => TimeSpan.FromTicks(Interlocked.Read(ref slowest));

    public void Add(string kind, TimeSpan took)
    {
        kinds.AddOrUpdate(kind, 1, (_, before) => before + 1);
        var ticks = took.Ticks;
        for (
            var before = Interlocked.Read(ref slowest);
            ticks > before && Interlocked.CompareExchange(ref slowest, ticks, before) != before;
            before = Interlocked.Read(ref slowest)
        ) { }
    }

    public void AddWrong(int number, string what, object request)
    {
        kinds.AddOrUpdate("WRONG", 1, (_, before) => before + 1);
        wrong.TryAdd(Varying().Replace(what, "#"), $"request {number}: {what}\n  {request}");
    }

    [GeneratedRegex("[0-9]+|'[^']*'|\"[^\"]{0,80}\"")]
    private static partial Regex Varying();
}
