using System.Collections.Concurrent;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>The series of one shard. Whoever has entered is its only user, so that windows see samples in order.</summary>
internal sealed class Shard(int number)
{
    /// <summary>Written by who has entered, read by pages at any time.</summary>
    private readonly ConcurrentDictionary<SeriesId, TrackedSeries> _series = [];
    private readonly SemaphoreSlim _gate = new(1, 1);

    public int Number { get; } = number;

    public IEnumerable<TrackedSeries> Series => _series.Values;

    public int Count => _series.Count;

    /// <summary>Waits until nobody else uses the shard; disposing lets the next one in.</summary>
    public async Task<Entry> EnterAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        return new(_gate);
    }

    /// <summary>The series, known or new. A window of another step starts again.</summary>
    public TrackedSeries Track(WatchedSeries watched, TimeSpan step)
    {
        if (!_series.TryGetValue(watched.Series.Id, out var tracked))
            tracked = Add(watched.Series, new SeriesWindow(step));
        else if (tracked.Window.Step != step)
            tracked.Window = new SeriesWindow(step);
        tracked.Rule = watched.Rule;
        return tracked;
    }

    public TrackedSeries? Find(SeriesId id) => _series.GetValueOrDefault(id);

    public TrackedSeries Add(SeriesIdentity series, SeriesWindow window) => _series[series.Id] = new TrackedSeries(series, window);

    public readonly struct Entry(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
