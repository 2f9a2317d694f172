namespace Dapr.Anomaly.Core.Numerics;

/// <summary>
/// How many threads a computation may use: one for each core that the process sees, so that the thread pool has some left for whoever must answer
/// meanwhile.
/// </summary>
internal static class CoreThreads
{
    public static ParallelOptions Options(CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
}
