namespace Dapr.Embedded.Resiliency;

/// <summary>Breakers by name, of which the least recently used go when there are too many: callers choose the names.</summary>
internal sealed class BreakerCache(int capacity)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Name, CircuitBreaker Breaker)>> byName = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Name, CircuitBreaker Breaker)> byUse = new();

    public CircuitBreaker Get(string name, Func<CircuitBreaker> create)
    {
        lock (gate)
        {
            if (byName.TryGetValue(name, out var found))
                byUse.Remove(found);
            else
                found = byName[name] = new((name, create()));
            byUse.AddFirst(found);
            if (byUse.Count > capacity)
            {
                byName.Remove(byUse.Last!.Value.Name);
                byUse.RemoveLast();
            }
            return found.Value.Breaker;
        }
    }
}
