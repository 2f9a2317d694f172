using System.Globalization;
using System.Text;

namespace Dapr.Anomaly.Cli.Bench.Pipeline;

/// <summary>A result for people.</summary>
internal static class PipelineText
{
    public static string Of(PipelineResult result)
    {
        var text = new StringBuilder();
        var (samples, cpu, latency, gc, memory) = (result.Samples, result.Cpu, result.Latency, result.GcPauses, result.Memory);
        Line($"{result.Series} series, every {result.StepSeconds:0.#} s, for {result.Seconds:0} s; model of {result.ModelSeries} series");
        Line($"machine    {result.Machine}");
        Line($"samples    {samples.Expected} expected, {samples.Collected} collected, {samples.Scored} scored, {samples.Lost} lost");
        Line($"CPU        {cpu.WithoutIdle:0.0} µs a sample ({cpu.Total:0.0} with the {cpu.IdleMsPerSecond:0} ms a second of doing nothing)");
        foreach (var stage in cpu.Stages)
            Line($"           {stage.Stage, -20} {stage.MicrosecondsPerSample, 8:0.0}");
        Line($"           {"transport and rest", -20} {cpu.TransportAndRest, 8:0.0}");
        Line($"latency    p50 {latency.P50Ms:0} ms · p95 {latency.P95Ms:0} ms · p99 {latency.P99Ms:0} ms · at most {latency.MaxMs:0} ms");
        Line($"           (interpolated in the histogram's buckets)");
        Line($"GC         {gc.Count} pauses · p99 {gc.P99Ms:0.0} ms · longest {gc.MaxMs:0.0} ms · {gc.TotalMs:0} ms in all");
        Line($"memory     main {memory.MainMb:0} MB ({memory.WithoutSeriesMb:0} MB without series) · trainer {memory.TrainerMb:0} MB");
        Line($"           {memory.BytesPerSeries:0} bytes a series");
        if (result.Training is { } training)
            Line($"training   {training.Status} after {training.Seconds:0} s, {training.CpuSeconds:0} s of CPU");
        return text.ToString().TrimEnd();

        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
    }
}
