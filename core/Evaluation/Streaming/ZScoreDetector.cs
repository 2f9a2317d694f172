using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Evaluation.Streaming;

/// <summary>How a floor makes one score of those of the channels.</summary>
public enum ChannelJoin
{
    Mean = 0,
    Max = 1,
}

/// <summary>
/// Floor: distance of each channel from its mean in the training part, in standard deviations of that part (at least 1e-4), at most 50, joined over
/// the channels. In alarm above the 99.9 % quantile of the training part's own scores.
/// </summary>
/// <param name="hold">What the score keeps of its peak from row to row: 0 for no memory, 0.97 for a half-life of 23 rows.</param>
public sealed class ZScoreDetector(ChannelJoin join, double hold = 0) : IStreamingDetector
{
    /// <summary>Half of a peak is left after 23 rows.</summary>
    public const double Hold = 0.97;

    internal const double AlarmLevel = 0.999;

    private const double SmallestDeviation = 1e-4;
    private const double Largest = 50;

    private (double Mean, double Deviation)[] _channels = [];
    private double[] _scores = [];
    private double _held,
        _threshold;

    public ReadOnlySpan<double> ChannelScores => _scores;

    public void Fit(ChannelTable training, CancellationToken cancellationToken)
    {
        _channels = Array.ConvertAll(
            training.Values,
            values =>
            {
                var moments = Moments.Of(Array.FindAll(values, double.IsFinite));
                return (moments.Mean, Math.Max(moments.Std, SmallestDeviation));
            }
        );
        _scores = new double[_channels.Length];
        var row = new double[_channels.Length];
        var scores = new double[training.Rows];
        for (var i = 0; i < scores.Length; i++)
        {
            training.Row(i, row);
            scores[i] = Next(row);
        }
        Array.Sort(scores);
        _threshold = scores.Length == 0 ? 0 : scores[(int)(AlarmLevel * (scores.Length - 1))];
    }

    public RowScore Score(DateTimeOffset at, ReadOnlySpan<double> row)
    {
        var score = Next(row);
        return new(score, score > _threshold);
    }

    public void Dispose() { }

    private double Next(ReadOnlySpan<double> row)
    {
        double sum = 0,
            max = 0;
        var count = 0;
        for (var c = 0; c < _scores.Length; c++)
        {
            var (mean, deviation) = _channels[c];
            _scores[c] = double.IsFinite(row[c]) && double.IsFinite(mean) ? Math.Min(Largest, Math.Abs(row[c] - mean) / deviation) : 0;
            if (!double.IsFinite(row[c]))
                continue;
            (sum, max, count) = (sum + _scores[c], Math.Max(max, _scores[c]), count + 1);
        }
        var now =
            count == 0 ? 0
            : join == ChannelJoin.Max ? max
            : sum / count;
        _held = Math.Max(now, hold * _held);
        return _held;
    }
}
