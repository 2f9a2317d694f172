using Dapr.Anomaly.Core.Numerics;

namespace Dapr.Anomaly.Core.Evaluation.Streaming;

/// <summary>Floor: uniform noise in [0, 1), in alarm above 0.999.</summary>
public sealed class RandomDetector(ulong seed) : IStreamingDetector
{
    private readonly Xoshiro256 _random = new(seed);

    public void Fit(ChannelTable training, CancellationToken cancellationToken) { }

    public RowScore Score(DateTimeOffset at, ReadOnlySpan<double> row)
    {
        var score = _random.NextDouble();
        return new(score, score > ZScoreDetector.AlarmLevel);
    }

    public void Dispose() { }
}
