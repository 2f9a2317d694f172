namespace Dapr.Anomaly.Core.Detection.Bank;

/// <summary>
/// Surprise −ln p of a score among scores of normal windows: by rank up to their 90 % point q, beyond it ln 10 + (score − q)/β with β the mean excess
/// over q, at least 5 % of q and 0.01.
/// </summary>
public sealed class BankCalibration
{
    private const double Body = 0.9,
        MinRate = 0.05,
        AbsoluteFloor = 0.01;

    private readonly float[] _sorted;
    private readonly double _edge;
    private readonly double _rate;

    /// <param name="scores">At least 10 scores of normal windows, in any order.</param>
    public BankCalibration(IEnumerable<float> scores)
    {
        _sorted = [.. scores.Order()];
        if (_sorted.Length < 10)
            throw new ArgumentException($"{_sorted.Length} scores cannot calibrate a bank; at least 10 are needed", nameof(scores));
        var edge = (int)Math.Floor(Body * (_sorted.Length - 1));
        _edge = _sorted[edge];
        double sum = 0;
        var above = 0;
        foreach (var score in _sorted.AsSpan(edge + 1))
            if (score > _edge)
            {
                sum += score - _edge;
                above++;
            }
        _rate = Math.Max(above > 0 ? sum / above : 0, Math.Max(MinRate * _edge, AbsoluteFloor));
    }

    public ReadOnlySpan<float> Scores => _sorted;

    /// <summary>0 or more.</summary>
    public double Surprise(double score)
    {
        if (score > _edge)
            return Math.Log(10) + (score - _edge) / _rate;
        int below = 0,
            high = _sorted.Length;
        while (below < high)
        {
            var middle = (below + high) / 2;
            if (_sorted[middle] < score)
                below = middle + 1;
            else
                high = middle;
        }
        // Among equal scores the lowest rank: a series that repeats itself exactly is not surprising.
        var rank = below < _sorted.Length && _sorted[below] == score ? below + 1 : below;
        return -Math.Log(Math.Min(1, 1 - (rank - 0.5) / (_sorted.Length + 1)));
    }
}
