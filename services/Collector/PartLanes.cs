namespace Dapr.Anomaly.Collector;

/// <summary>Chooses the parts of batches: within a part, time only goes forward, also when spans of holes are published beside live ones.</summary>
internal sealed class PartLanes
{
    private readonly List<DateTimeOffset> _newest = [];

    /// <summary>The first part from which on nothing as new as <paramref name="from"/> has been published.</summary>
    public int First(DateTimeOffset from) => _newest.FindLastIndex(n => n >= from) + 1;

    /// <summary>Parts [first, next) have been published up to <paramref name="to"/>.</summary>
    public void Published(int first, int next, DateTimeOffset to)
    {
        while (_newest.Count < next)
            _newest.Add(DateTimeOffset.MinValue);
        for (var part = first; part < next; part++)
            _newest[part] = to;
    }
}
