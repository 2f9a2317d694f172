namespace Dapr.Anomaly.Core.Evaluation.Streaming;

/// <summary>
/// A detector as the evaluation drives it: fitted once on the past of a workload, then fed row by row. A score may use the rows up to its own and
/// nothing else. One owner at a time.
/// </summary>
public interface IStreamingDetector : IDisposable
{
    /// <summary>Learns from the rows before the first one that is scored; they are also the past of that row.</summary>
    void Fit(ChannelTable training, CancellationToken cancellationToken);

    /// <summary>Takes the next row and judges it.</summary>
    /// <param name="row">One value for each channel, in the order of the training; NaN where there is no sample.</param>
    RowScore Score(DateTimeOffset at, ReadOnlySpan<double> row);

    /// <summary>Scores of the channels in the newest row; empty where the detector has none.</summary>
    ReadOnlySpan<double> ChannelScores => [];

    /// <summary>Samples that got no score, by the reason; empty where every sample got one.</summary>
    IReadOnlyDictionary<string, long> Unscored => NothingUnscored.Value;

    /// <summary>What the fit went without, for people; usually empty.</summary>
    IReadOnlyList<string> Notes => [];
}

/// <summary>The word of a detector on one row of a workload.</summary>
/// <param name="Score">0 or more, higher is more anomalous; finite.</param>
/// <param name="InAlarm">Whether the detector's own frozen rule has an alarm at this row.</param>
public readonly record struct RowScore(double Score, bool InAlarm);

file static class NothingUnscored
{
    public static readonly IReadOnlyDictionary<string, long> Value = new Dictionary<string, long>();
}
