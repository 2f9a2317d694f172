namespace Dapr.Anomaly.Simulator.Cluster;

/// <summary>A share of a workload's work that changes now and then.</summary>
/// <param name="Changes">From which step on which share; the first from step 0.</param>
internal sealed record Shares(IReadOnlyList<(long Step, double Share)> Changes)
{
    /// <summary>What a count that is shared grows by from one step to another.</summary>
    public double Sum(long from, long to, Func<long, double> count)
    {
        if (Changes.Count == 1)
            return Changes[0].Share * (count(to) - count(from));
        double sum = 0;
        for (var i = 0; i < Changes.Count; i++)
        {
            var begin = Math.Max(from, Changes[i].Step);
            var end = i + 1 < Changes.Count ? Math.Min(to, Changes[i + 1].Step) : to;
            if (begin < end && Changes[i].Share > 0)
                sum += Changes[i].Share * (count(end) - count(begin));
        }
        return sum;
    }

    /// <summary>The shares together.</summary>
    public static Shares Total(IEnumerable<Shares> all)
    {
        List<Shares> parts = [.. all];
        return new([
            .. parts
                .SelectMany(static p => p.Changes.Select(static c => c.Step))
                .Append(0)
                .Distinct()
                .Order()
                .Select(step => (step, parts.Sum(p => p.At(step)))),
        ]);
    }

    /// <summary>The same within [from, to), nothing outside.</summary>
    public Shares During(long from, long to)
    {
        List<(long, double)> changes = [];
        if (from > 0)
            changes.Add((0, 0));
        changes.Add((from, At(from)));
        changes.AddRange(Changes.Where(c => c.Step > from && c.Step < to));
        if (to != long.MaxValue)
            changes.Add((to, 0));
        return new(changes);
    }

    /// <summary>Without changes that change nothing.</summary>
    public Shares Merged() => new([.. Changes.Where((c, i) => i == 0 || Math.Abs(c.Share - Changes[i - 1].Share) > 1e-9)]);

    private double At(long step) => Changes.LastOrDefault(c => c.Step <= step).Share;
}
