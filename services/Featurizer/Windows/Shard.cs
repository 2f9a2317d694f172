using System.Collections.Concurrent;
using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Core.Windows;
using Dapr.Anomaly.Platform.Configuration;
using Dapr.Anomaly.Platform.Messages;

namespace Dapr.Anomaly.Featurizer.Windows;

/// <summary>
/// The series of one shard. Whoever has entered is its only user, so that windows see samples in order. A shard that is full forgets the series that
/// ended longest ago to make room for a new one; when none has ended, the new one is refused.
/// </summary>
internal sealed class Shard(int number, SeriesLimits limits)
{
    /// <summary>A full shard looks for ended series at most so often.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan TimeToComeBack = TimeSpan.FromHours(1);

    /// <summary>Written by who has entered, read by pages at any time.</summary>
    private readonly ConcurrentDictionary<SeriesId, TrackedSeries> _series = [];
    private readonly SemaphoreSlim _gate = new(1, 1);
    private long _memoryBytes;
    private DateTimeOffset _foundNoneEnded = DateTimeOffset.MinValue;
    private DateTimeOffset? _hearsSince;

    public int Number { get; } = number;

    public IEnumerable<TrackedSeries> Series => _series.Values;

    public int Count => _series.Count;

    /// <summary>What the series take, estimated.</summary>
    public long MemoryBytes => _memoryBytes;

    /// <summary>Series that were forgotten to make room, since the shard began.</summary>
    public long Evicted { get; private set; }

    /// <summary>Scored and not yet published: the broker did not take them. They go first.</summary>
    public List<AnomalyBatchV1> Unpublished { get; } = [];

    /// <summary>Waits until nobody else uses the shard; disposing lets the next one in.</summary>
    public async Task<Entry> EnterAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        return new(_gate);
    }

    /// <summary>The series, known or new. A window of another step starts again.</summary>
    /// <param name="tracked">Null when the series is refused.</param>
    public SeriesRefusal TryTrack(WatchedSeries watched, TimeSpan step, DateTimeOffset now, out TrackedSeries? tracked)
    {
        if (!_series.TryGetValue(watched.Series.Id, out tracked))
        {
            if (Refuse(watched.Series, now) is var refusal and not SeriesRefusal.None)
                return refusal;
            tracked = Add(watched.Series, new SeriesWindow(step), now);
        }
        else if (tracked.Series != watched.Series && !TakeOver(tracked, watched.Series))
            return SeriesRefusal.Identity;
        if (tracked.Window.Step != step)
            tracked.Window = new SeriesWindow(step);
        tracked.Rule = watched.Rule;
        return SeriesRefusal.None;
    }

    public TrackedSeries? Find(SeriesId id) => _series.GetValueOrDefault(id);

    public TrackedSeries Add(SeriesIdentity series, SeriesWindow window, DateTimeOffset now)
    {
        if (_series.TryRemove(series.Id, out var before))
            _memoryBytes -= before.MemoryBytes;
        var tracked = new TrackedSeries(series, window, now);
        _series[series.Id] = tracked;
        _memoryBytes += tracked.MemoryBytes;
        return tracked;
    }

    /// <summary>
    /// Forgets the series whose newest sample is older than their retention. A shard that hears nothing at all, because its source is away, forgets
    /// nothing, and gives all series time to come back when it hears again.
    /// </summary>
    /// <returns>How many.</returns>
    public int ForgetEnded(DateTimeOffset now)
    {
        if (_series.Values.All(s => s.HasEnded(now)))
        {
            _hearsSince = null;
            return 0;
        }
        _hearsSince ??= now;
        var isSettled = now - _hearsSince >= (limits.KeepEnded < TimeToComeBack ? limits.KeepEnded : TimeToComeBack);
        return isSettled ? Remove(_series.Values.Where(s => now - s.NewestAt > limits.KeepEnded)) : 0;
    }

    /// <summary>Forgets what is beyond the limits, longest ended first; for windows that were saved under larger ones.</summary>
    /// <returns>How many.</returns>
    public int ForgetBeyondLimits()
    {
        var kept = 0;
        var bytes = 0L;
        return Remove(
            _series
                .Values.OrderByDescending(s => s.NewestAt)
                .Where(s => ++kept > limits.MaxPerShard || (bytes += s.MemoryBytes) > limits.MaxMemoryBytes)
        );
    }

    /// <summary>Windows whose newest sample lies in the future go back to now.</summary>
    /// <returns>How many did.</returns>
    public int Rewind(DateTimeOffset now) => _series.Values.Count(s => s.Rewind(now));

    private SeriesRefusal Refuse(SeriesIdentity series, DateTimeOffset now)
    {
        if (
            series.Labels.Count > limits.MaxLabels
            || IsLong(series.Name)
            || IsLong(series.Unit)
            || series.Labels.Any(l => IsLong(l.Key) || IsLong(l.Value))
        )
            return SeriesRefusal.Labels;
        return IsFull && !MakeRoom(now) ? SeriesRefusal.Limit : SeriesRefusal.None;
    }

    private bool IsLong(string text) => text.Length > limits.MaxLabelLength;

    private bool IsFull => _series.Count >= limits.MaxPerShard || _memoryBytes >= limits.MaxMemoryBytes;

    /// <summary>Forgets a hundredth of the series, if so many have ended, so that the next new ones find room, too.</summary>
    private bool MakeRoom(DateTimeOffset now)
    {
        if (now >= _foundNoneEnded && now - _foundNoneEnded < LookEvery)
            return false;
        var ended = _series.Values.Where(s => s.HasEnded(now)).OrderBy(s => s.NewestAt).Take(Math.Max(1, _series.Count / 100)).ToList();
        Evicted += Remove(ended);
        if (ended.Count == 0)
            _foundNoneEnded = now;
        return !IsFull;
    }

    private int Remove(IEnumerable<TrackedSeries> series)
    {
        var removed = 0;
        foreach (var tracked in series.ToList())
            if (_series.TryRemove(tracked.Series.Id, out _))
            {
                _memoryBytes -= tracked.MemoryBytes;
                removed++;
            }
        return removed;
    }

    /// <summary>A query may change its kind and its unit; another name or other labels under the same id are another series.</summary>
    private static bool TakeOver(TrackedSeries tracked, SeriesIdentity series)
    {
        if (tracked.Series.Name != series.Name || !tracked.Series.Labels.Equals(series.Labels))
            return false;
        tracked.Series = series;
        return true;
    }

    public readonly struct Entry(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
