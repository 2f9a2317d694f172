namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>What <c>anomaly bench pipeline</c> runs.</summary>
/// <param name="Series">Series that are collected and scored.</param>
/// <param name="Step">Distance of samples.</param>
/// <param name="Length">Length of the measurement, rounded up to whole steps.</param>
/// <param name="Train">A training on all series runs during the measurement, which lasts until it has ended.</param>
/// <param name="ModelSeries">Series of the training before the measurement.</param>
internal sealed record PipelineOptions(int Series, TimeSpan Step, TimeSpan Length, bool Train, int ModelSeries)
{
    public int Steps => (int)Math.Ceiling(Length / Step);
}
