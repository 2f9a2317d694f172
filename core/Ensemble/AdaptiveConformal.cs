namespace Dapr.Anomaly.Core.Ensemble;

/// <summary>
/// Adaptive conformal inference: the width of an interval follows its own misses, so that the long-run coverage holds under drift too.
/// Keeps the newest scores; not safe for concurrent use.
/// </summary>
/// <remarks>Gibbs and Candès, "Adaptive conformal inference under distribution shift", NeurIPS 2021.</remarks>
public sealed class AdaptiveConformal
{
    private const double MinAlpha = 0.0005;
    private const double MaxAlpha = 0.5;

    private readonly double _target;
    private readonly double _rate;
    private readonly int _window;
    private readonly Queue<double> _newest = new();
    private readonly List<double> _sorted = [];

    /// <param name="target">Wanted share of misses α.</param>
    /// <param name="rate">Step γ of the adaptation, 0.005 (slow) to 0.05.</param>
    /// <param name="window">Number of newest scores that make the quantile.</param>
    public AdaptiveConformal(double target, double rate, int window)
    {
        (_target, _rate, _window) = (target, rate, window);
        Alpha = target;
    }

    /// <summary>The share of misses that the current quantile aims at, within [0.0005, 0.5].</summary>
    public double Alpha { get; private set; }

    /// <summary>Half-width that belongs to the next value; infinite while there are too few scores.</summary>
    public double Quantile => Conformal.Quantile(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_sorted), Alpha);

    /// <summary>Adds a score without adapting: warm-up, or a value inside a confirmed anomaly's neighbourhood that should still count.</summary>
    public void Warm(double score)
    {
        _newest.Enqueue(score);
        Insert(score);
        if (_newest.Count <= _window)
            return;
        _sorted.RemoveAt(_sorted.BinarySearch(_newest.Dequeue()));
    }

    /// <summary>Judges the next score, adapts, and adds it; true when it lay outside.</summary>
    public bool Add(double score)
    {
        var outside = score > Quantile;
        Alpha = Math.Clamp(Alpha + _rate * (_target - (outside ? 1 : 0)), MinAlpha, MaxAlpha);
        Warm(score);
        return outside;
    }

    private void Insert(double score)
    {
        var position = _sorted.BinarySearch(score);
        _sorted.Insert(position < 0 ? ~position : position, score);
    }
}
