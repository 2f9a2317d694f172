namespace Dapr.Anomaly.Core.Ensemble.Training;

/// <summary>
/// How many threads learning may use: one for each core that the process sees, so that the thread pool has some left for whoever must answer
/// meanwhile.
/// </summary>
internal static class TrainingThreads
{
    public static ParallelOptions Options(CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
}
