using Dapr.Anomaly.Core.Series;

namespace Dapr.Anomaly.Platform.Messages;

/// <summary>Numbers the signals of a table in the order in which its series name them.</summary>
internal sealed class SignalIndex
{
    private readonly Dictionary<(string Name, DetectionRule Rule), int> _indexes = [];
    private readonly List<Signal> _signals = [];
    private WatchedSeries? _last;
    private int _lastIndex;

    public IReadOnlyList<Signal> All => _signals;

    public int IndexOf(WatchedSeries series)
    {
        // The series of one query come one after another.
        if (_last is not null && ReferenceEquals(_last.Rule, series.Rule) && _last.Series.Name == series.Series.Name)
            return _lastIndex;
        var key = (series.Series.Name, series.Rule);
        if (!_indexes.TryGetValue(key, out var index))
        {
            index = _indexes[key] = _signals.Count;
            _signals.Add(new(series.Series.Name, series.Series.Kind, series.Series.Unit, series.Rule));
        }
        (_last, _lastIndex) = (series, index);
        return index;
    }
}
