using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Alerts;

/// <summary>The incidents in the order of their opening, and for each route those of which it has to be told. Not safe for concurrent use.</summary>
internal sealed class IncidentBook
{
    private readonly Dictionary<string, IncidentRecord> _records = [];
    private readonly List<string> _order = [];
    private readonly Dictionary<string, long> _numbers = [];
    private readonly Dictionary<string, SortedDictionary<long, string>> _waiting = [];
    private readonly HashSet<string> _changed = [];
    private long _last;

    public IncidentBook(IEnumerable<IncidentRecord> records)
    {
        foreach (var record in records.OrderBy(r => r.Incident.OpenedAt))
            Put(record);
        _changed.Clear();
    }

    /// <summary>Ids, oldest first.</summary>
    public IReadOnlyList<string> Order => _order;

    /// <summary>Newest first.</summary>
    public IEnumerable<IncidentRecord> Newest
    {
        get
        {
            for (var i = _order.Count - 1; i >= 0; i--)
                yield return _records[_order[i]];
        }
    }

    public int Pending => _waiting.Values.Sum(w => w.Count);

    public void Tell(IncidentV1 incident, IEnumerable<string> routes) =>
        Put((_records.GetValueOrDefault(incident.Id) ?? new(IncidentRecord.CurrentVersion, incident, [])).Tell(incident, routes));

    /// <summary>The delivery to a route whose time has come, oldest incident first, or when to look again.</summary>
    public (Delivery? Due, DateTimeOffset? Next) Due(string route, DateTimeOffset now)
    {
        DateTimeOffset? next = null;
        if (_waiting.TryGetValue(route, out var waiting))
            foreach (var id in waiting.Values)
            {
                if (_records[id].NextTo(route) is not { } delivery)
                    continue;
                if (delivery.NotBefore is not { } at || at <= now)
                    return (delivery, null);
                next = next is null || at < next ? at : next;
            }
        return (null, next);
    }

    /// <returns>The record after it, or null when the incident is no longer known.</returns>
    public IncidentRecord? Settle(Delivery delivery, Delivery? after)
    {
        if (!_records.TryGetValue(delivery.Incident.Id, out var record))
            return null;
        var settled = record.Settle(delivery, after);
        Put(settled);
        _changed.Remove(settled.Incident.Id);
        return settled;
    }

    /// <summary>Forgets the oldest of those that are over and told, beyond as many as are kept.</summary>
    /// <returns>What is new, has changed, or is gone (null), since this was asked last.</returns>
    public IReadOnlyList<(string Incident, IncidentRecord? Record)> TakeChanges(int kept)
    {
        List<(string, IncidentRecord?)> changes = [.. _changed.Select(id => (id, (IncidentRecord?)_records[id]))];
        _changed.Clear();
        var over = _order.Where(id => _records[id] is { IsOpen: false, IsPending: false }).ToArray();
        foreach (var id in over.Take(Math.Max(0, over.Length - kept)))
        {
            _records.Remove(id);
            _numbers.Remove(id);
            _order.Remove(id);
            changes.RemoveAll(c => c.Item1 == id);
            changes.Add((id, null));
        }
        return changes;
    }

    private void Put(IncidentRecord record)
    {
        var id = record.Incident.Id;
        if (!_records.ContainsKey(id))
        {
            _order.Add(id);
            _numbers[id] = ++_last;
        }
        _records[id] = record;
        _changed.Add(id);
        foreach (var route in record.Deliveries.Select(d => d.Route).Concat(_waiting.Keys).Distinct().ToArray())
        {
            var waiting = _waiting.TryGetValue(route, out var known) ? known : _waiting[route] = [];
            if (record.NextTo(route) is not null)
                waiting[_numbers[id]] = id;
            else
                waiting.Remove(_numbers[id]);
        }
    }
}
