namespace Dapr.Anomaly.Core.Evaluation.Streaming;

/// <summary>
/// Floor: the index of the row itself, which does well wherever anomalies lie near the end. In alarm from the second half of as many rows as it was
/// fitted on.
/// </summary>
public sealed class RampDetector : IStreamingDetector
{
    private int _rows,
        _fitted;

    public void Fit(ChannelTable training, CancellationToken cancellationToken) => _fitted = training.Rows;

    public RowScore Score(DateTimeOffset at, ReadOnlySpan<double> row)
    {
        _rows++;
        return new(_rows, _rows > _fitted / 2);
    }

    public void Dispose() { }
}
