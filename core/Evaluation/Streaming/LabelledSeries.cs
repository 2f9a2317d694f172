namespace Dapr.Anomaly.Core.Evaluation.Streaming;

/// <summary>One unit of a protocol: the past of a workload, what streams after it, and the truth of what is evaluated.</summary>
/// <param name="Training">Fits the detectors.</param>
/// <param name="Stream">The rows after it.</param>
/// <param name="Skip">First rows of the stream that are scored and not evaluated.</param>
/// <param name="WarmUp">Evaluated rows before the stream: every detector has 0 there, and they count in no event.</param>
/// <param name="Labels">True on anomalous rows; one for each evaluated row: warm-up, then the stream without what is skipped.</param>
/// <param name="LabelWindow">Largest window of VUS, rows.</param>
public sealed record LabelledSeries(string Name, ChannelTable Training, ChannelTable Stream, int Skip, int WarmUp, bool[] Labels, int LabelWindow)
{
    public TimeSpan Step => Training.Step;
}
