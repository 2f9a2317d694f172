using System.Runtime.InteropServices;
using Dapr.Anomaly.Platform.Telemetry;

namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>Makes figures of what was counted.</summary>
internal static class PipelineFigures
{
    private const double Micro = 1e6;
    private const double MegaByte = 1024 * 1024;

    /// <param name="took">Length of the measurement.</param>
    /// <param name="grown">What the metrics of the services grew by.</param>
    /// <param name="cpu">Of the main process.</param>
    /// <param name="idle">CPU of the main process a second, without a series.</param>
    /// <param name="pauses">Of the garbage collections, in milliseconds.</param>
    /// <param name="resident">Bytes of the main process, of the trainer, and of the main process before it knew a series.</param>
    public static PipelineResult Of(
        PipelineOptions options,
        TimeSpan took,
        MetricText grown,
        TimeSpan cpu,
        TimeSpan idle,
        IReadOnlyList<double> pauses,
        (long Main, long Trainer, long Empty) resident,
        PipelineTraining? training
    )
    {
        var expected = (long)Math.Round(took / options.Step) * options.Series;
        var latency = grown.Buckets(MetricNames.SampleToScore);
        var scored = (long)latency.Sum(b => b.Count);
        var samples = Math.Max(1, scored);
        var stages = PerStage(grown, samples);
        var total = cpu.TotalSeconds * Micro / samples;
        var withoutIdle = Math.Max(0, (cpu - (idle * took.TotalSeconds)).TotalSeconds * Micro / samples);
        var pause = pauses.Order().ToArray();
        return new(
            $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}",
            options.Series,
            options.Step.TotalSeconds,
            took.TotalSeconds,
            options.ModelSeries,
            new(expected, (long)grown.Sum(MetricNames.SamplesCollected), scored, Math.Max(0, expected - scored)),
            new(stages, Math.Max(0, withoutIdle - stages.Sum(s => s.MicrosecondsPerSample)), withoutIdle, total, idle.TotalMilliseconds),
            new(Milliseconds(latency, 0.5), Milliseconds(latency, 0.95), Milliseconds(latency, 0.99), Quantiles.Max(latency) * 1000),
            new(pause.Length, pause.Length == 0 ? 0 : pause[(int)(0.99 * (pause.Length - 1))], pause.LastOrDefault(), pause.Sum()),
            new(
                resident.Main / MegaByte,
                resident.Trainer / MegaByte,
                resident.Empty / MegaByte,
                (double)(resident.Main - resident.Empty) / options.Series
            ),
            training
        );
    }

    /// <summary>By the samples that were scored, so that the stages add up whatever each of them counts.</summary>
    private static PipelineStage[] PerStage(MetricText grown, long samples)
    {
        var cpu = grown.By(MetricNames.StageCpu, "stage");
        List<string> path = [.. Stages.All];
        return
        [
            .. cpu
                .Keys.OrderBy(stage => path.IndexOf(stage) is >= 0 and var place ? place : path.Count)
                .ThenBy(stage => stage, StringComparer.Ordinal)
                .Select(stage => new PipelineStage(stage, cpu[stage] * Micro / samples)),
        ];
    }

    private static double? Milliseconds(IReadOnlyList<(double UpperBound, double Count)> buckets, double quantile) =>
        Quantiles.Of(buckets, quantile) * 1000;
}
