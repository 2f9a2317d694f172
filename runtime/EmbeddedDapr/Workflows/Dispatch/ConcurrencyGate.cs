namespace Dapr.Embedded.Workflows.Dispatch;

/// <summary>How many of one kind of work may be out at once.</summary>
/// <param name="Total">In all.</param>
/// <param name="ByName">Of one name, for names that have a limit of their own.</param>
internal sealed record ConcurrencyLimit(int Total, IReadOnlyDictionary<string, int> ByName)
{
    public static ConcurrencyLimit None { get; } = new(int.MaxValue, new Dictionary<string, int>());
}

/// <summary>How many turns and activities may be out at once.</summary>
internal sealed record ConcurrencyLimits(ConcurrencyLimit Turns, ConcurrencyLimit Activities);

/// <summary>
/// Counts what is out. Work whose name has no room waits here, in its order, and lets other names pass; it comes back, the oldest first,
/// when one of its name is no longer out. Guarded by the engine's lock.
/// </summary>
internal sealed class ConcurrencyGate<T>(ConcurrencyLimit limit)
{
    private readonly Dictionary<string, Name> names = limit.ByName.ToDictionary(one => one.Key, one => new Name(one.Value), StringComparer.Ordinal);
    private int total;

    public bool HasRoom => total < limit.Total;

    /// <summary>True when the work has to wait for others of its name, and now does.</summary>
    public bool Holds(string name, T work)
    {
        if (!names.TryGetValue(name, out var known) || known.Out < known.Limit)
            return false;
        known.Waiting.Enqueue(work);
        return true;
    }

    public void Enter(string name)
    {
        total++;
        if (names.TryGetValue(name, out var known))
            known.Out++;
    }

    /// <summary>Work that was out is not any more; true with the work that may go next for it.</summary>
    public bool Leave(string name, out T next)
    {
        total--;
        if (names.TryGetValue(name, out var known))
            known.Out--;
        return Pass(name, out next);
    }

    /// <summary>Work that could have gone out was not wanted any more; true with the work that may go next for it.</summary>
    public bool Pass(string name, out T next)
    {
        next = default!;
        return names.TryGetValue(name, out var known) && known.Out < known.Limit && known.Waiting.TryDequeue(out next!);
    }

    private sealed class Name(int limit)
    {
        public int Limit => limit;

        public int Out { get; set; }

        public Queue<T> Waiting { get; } = [];
    }
}
