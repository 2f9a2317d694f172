namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>What one run measured. The names are those of the JSON.</summary>
/// <param name="Seconds">Length of the measurement; with a training longer than asked when that took longer.</param>
/// <param name="ModelSeries">Series that the model in use was trained on.</param>
internal sealed record PipelineResult(
    string Machine,
    int Series,
    double StepSeconds,
    double Seconds,
    int ModelSeries,
    PipelineSamples Samples,
    PipelineCpu Cpu,
    PipelineLatency Latency,
    PipelinePauses GcPauses,
    PipelineMemory Memory,
    PipelineTraining? Training
);

/// <param name="Lost">Expected samples that were not scored within the measurement.</param>
internal sealed record PipelineSamples(long Expected, long Collected, long Scored, long Lost);

/// <param name="Stages">CPU-µs a sample of each stage that the services count, in the order of the path.</param>
/// <param name="TransportAndRest">What is in no stage and not in the idle baseline: Dapr, HTTP, garbage collection. CPU-µs a sample.</param>
/// <param name="WithoutIdle">All of it, less what the process needs without a sample. CPU-µs a sample.</param>
/// <param name="Total">All CPU of the main process. CPU-µs a sample.</param>
/// <param name="IdleMsPerSecond">CPU of the main process without a sample.</param>
internal sealed record PipelineCpu(
    IReadOnlyList<PipelineStage> Stages,
    double TransportAndRest,
    double WithoutIdle,
    double Total,
    double IdleMsPerSecond
);

internal sealed record PipelineStage(string Stage, double MicrosecondsPerSample);

/// <summary>
/// From a sample's own timestamp to its score; interpolated in the buckets of the featurizer's histogram, Max the end of the last one in use.
/// </summary>
internal sealed record PipelineLatency(double? P50Ms, double? P95Ms, double? P99Ms, double? MaxMs);

internal sealed record PipelinePauses(int Count, double P99Ms, double MaxMs, double TotalMs);

/// <param name="MainMb">Resident memory of the main process at the end.</param>
/// <param name="TrainerMb">Resident memory of the trainer at the end.</param>
/// <param name="WithoutSeriesMb">Resident memory of the main process before it knew a series.</param>
/// <param name="BytesPerSeries">Growth of the main process, by the series.</param>
internal sealed record PipelineMemory(double MainMb, double TrainerMb, double WithoutSeriesMb, double BytesPerSeries);

/// <param name="CpuSeconds">CPU of the trainer's process.</param>
internal sealed record PipelineTraining(string Status, double Seconds, double CpuSeconds);
