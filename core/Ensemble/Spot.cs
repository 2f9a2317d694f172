namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>
/// Streaming peaks over threshold for one side of one score: alarms above the level that is exceeded with a given risk, and learns from every value
/// that does not alarm. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// Siffer et al., "Anomaly detection in streams with extreme value theory", KDD 2017; the exponential likelihood has its right sign here.
/// </remarks>
public sealed class Spot
{
    private readonly double _risk;
    private readonly double _threshold;
    private readonly int _capacity;
    private readonly List<double> _excesses = [];
    private double _total;
    private ScoreTail _tail;

    /// <param name="initial">Scores to start from, about 1,000.</param>
    /// <param name="risk">Wanted probability of an alarm for a normal score.</param>
    /// <param name="capacity">Newest excesses to keep; when the oldest is dropped the count of scores shrinks in proportion, so that the tail follows
    /// drift.</param>
    public Spot(ReadOnlySpan<double> initial, double risk, int capacity = int.MaxValue)
    {
        if (initial.Length < 10)
            throw new ArgumentException($"SPOT starts from at least 10 scores, got {initial.Length}", nameof(initial));
        _risk = risk;
        _capacity = capacity;
        var sorted = initial.ToArray();
        Array.Sort(sorted);
        _threshold = sorted[(int)(ScoreTail.Level * sorted.Length)];
        _total = initial.Length;
        foreach (var score in initial)
            if (score > _threshold)
                Keep(score - _threshold);
        Refit();
    }

    /// <summary>The score above which an alarm is raised.</summary>
    public double AlarmLevel { get; private set; }

    public ScoreTail Tail => _tail;

    /// <summary>True when <paramref name="score"/> is an alarm; the state is then left as it was.</summary>
    public bool Add(double score)
    {
        if (score > AlarmLevel)
            return true;
        _total++;
        if (score > _threshold)
        {
            Keep(score - _threshold);
            Refit();
        }
        return false;
    }

    private void Keep(double excess)
    {
        _excesses.Add(excess);
        if (_excesses.Count <= _capacity)
            return;
        _total *= (double)_capacity / _excesses.Count;
        _excesses.RemoveAt(0);
    }

    private void Refit()
    {
        if (_excesses.Count == 0)
        {
            AlarmLevel = _threshold;
            return;
        }
        _tail = new(_threshold, (int)Math.Round(_total), _excesses.Count, ParetoFit.Grimshaw(_excesses.ToArray()));
        AlarmLevel = _tail.Quantile(_risk);
    }
}

/// <summary>SPOT on the distance to the mean of the last normal values, for scores that drift.</summary>
public sealed class DriftSpot
{
    private readonly Spot _spot;
    private readonly Queue<double> _recent = new();
    private readonly int _depth;

    /// <param name="initial">Values to start from; the first <paramref name="depth"/> only fill the mean.</param>
    /// <param name="risk">Wanted probability of an alarm for a normal value.</param>
    /// <param name="depth">Number of normal values in the moving mean, 20 to 450.</param>
    public DriftSpot(ReadOnlySpan<double> initial, double risk, int depth)
    {
        _depth = depth;
        List<double> distances = [];
        foreach (var value in initial)
        {
            if (_recent.Count == depth)
                distances.Add(value - _recent.Average());
            Remember(value);
        }
        _spot = new(distances.ToArray(), risk);
    }

    /// <summary>The value above which an alarm is raised now.</summary>
    public double AlarmLevel => _spot.AlarmLevel + _recent.Average();

    public ScoreTail Tail => _spot.Tail;

    /// <summary>True when <paramref name="value"/> is an alarm; the state is then left as it was.</summary>
    public bool Add(double value)
    {
        if (_spot.Add(value - _recent.Average()))
            return true;
        Remember(value);
        return false;
    }

    private void Remember(double value)
    {
        _recent.Enqueue(value);
        if (_recent.Count > _depth)
            _recent.Dequeue();
    }
}
