using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Prometheus;

/// <summary>Gathers the points of an answer, or of the several answers of a split range, by label set.</summary>
internal sealed class SeriesCollector(int maxSeries)
{
    private readonly Dictionary<Labels, Points> _series = [];
    private readonly List<Points> _order = [];

    public int Count => _order.Count;

    /// <summary>The points of a label set; null when it would be one series too many.</summary>
    public Points? Open(Labels labels)
    {
        if (_series.TryGetValue(labels, out var points))
            return points;
        if (_order.Count == maxSeries)
            return null;
        points = new Points(labels);
        _series.Add(labels, points);
        _order.Add(points);
        return points;
    }

    /// <summary>Whether <see cref="Add"/> had to leave one out.</summary>
    public bool TooManySeries { get; private set; }

    /// <summary>Takes the points of a later answer.</summary>
    public void Add(SeriesCollector later)
    {
        foreach (var points in later._order)
            if (Open(points.Labels) is { } own)
                own.Add(points);
            else
                TooManySeries = true;
    }

    public List<PrometheusSeries> ToSeries() => _order.ConvertAll(static p => p.ToSeries());

    internal sealed class Points(Labels labels)
    {
        public Labels Labels => labels;

        private long[] _timestamps = [];
        private double[] _values = [];
        private int _count;
        private int _nonFinite;
        private long _firstNonFinite;

        public void Add(long timestampMs, double value)
        {
            if (!double.IsFinite(value))
            {
                if (_nonFinite++ == 0)
                    _firstNonFinite = timestampMs;
                return;
            }
            if (_count == _values.Length)
            {
                var capacity = Math.Max(4, _count * 2);
                Array.Resize(ref _timestamps, capacity);
                Array.Resize(ref _values, capacity);
            }
            _timestamps[_count] = timestampMs;
            _values[_count++] = value;
        }

        public void Add(Points later)
        {
            if (_count == 0)
                (_timestamps, _values, _count) = (later._timestamps, later._values, later._count);
            else
                for (var i = 0; i < later._count; i++)
                    Add(later._timestamps[i], later._values[i]);
            if (_nonFinite == 0)
                _firstNonFinite = later._firstNonFinite;
            _nonFinite += later._nonFinite;
        }

        public PrometheusSeries ToSeries() => new(labels, _timestamps[.._count], _values[.._count], _nonFinite, _firstNonFinite);
    }
}
