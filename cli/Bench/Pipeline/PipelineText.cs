using System.Globalization;
using System.Text;

namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>A result for people.</summary>
internal static class PipelineText
{
    public static string Of(PipelineResult result)
    {
        var text = new StringBuilder();
        Line(
            $"{result.Series} series, every {result.StepSeconds:0.#} s, for {result.Seconds:0} s; model of {result.ModelSeries} series; {result.Machine}"
        );
        Line(
            $"samples    {result.Samples.Expected} expected, {result.Samples.Collected} collected, {result.Samples.Scored} scored, {result.Samples.Lost} lost"
        );
        Line(
            $"CPU        {result.Cpu.WithoutIdle:0.0} µs a sample ({result.Cpu.Total:0.0} with the {result.Cpu.IdleMsPerSecond:0} ms a second of doing nothing)"
        );
        foreach (var stage in result.Cpu.Stages)
            Line($"           {stage.Stage, -20} {stage.MicrosecondsPerSample, 8:0.0}");
        Line($"           {"transport and rest", -20} {result.Cpu.TransportAndRest, 8:0.0}");
        Line(
            $"latency    p50 {result.Latency.P50Ms:0} ms · p95 {result.Latency.P95Ms:0} ms · p99 {result.Latency.P99Ms:0} ms · at most {result.Latency.MaxMs:0} ms (interpolated in buckets)"
        );
        Line(
            $"GC         {result.GcPauses.Count} pauses · p99 {result.GcPauses.P99Ms:0.0} ms · longest {result.GcPauses.MaxMs:0.0} ms · {result.GcPauses.TotalMs:0} ms in all"
        );
        Line(
            $"memory     main {result.Memory.MainMb:0} MB · trainer {result.Memory.TrainerMb:0} MB · {result.Memory.BytesPerSeries:0} bytes a series (main without series {result.Memory.WithoutSeriesMb:0} MB)"
        );
        if (result.Training is { } training)
            Line($"training   {training.Status} after {training.Seconds:0} s, {training.CpuSeconds:0} s of CPU");
        return text.ToString().TrimEnd();

        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
    }
}
