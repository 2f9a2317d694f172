using Dapr.Anomaly.Core.Series;
using Dapr.Anomaly.Platform.Hosting;
using Dapr.Anomaly.Platform.Messages;
using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Platform.Telemetry;
using Dapr.Anomaly.Workflows.TrainModel;

namespace Dapr.Anomaly.Workflows.Tests.Support;

/// <summary>Plans, data and series that tests train on. The form of a frame is known here only.</summary>
internal static class Trainings
{
    public static readonly DateTimeOffset Now = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    public static readonly TimeSpan Step = TimeSpan.FromMinutes(1);

    public static TrainingPlan Plan(string id = "train-1", double hours = 3, double coarseHours = 24, string? scheduler = null) =>
        new(id, Now, TimeSpan.FromHours(hours), "manual", 7, TimeSpan.FromHours(coarseHours), scheduler);

    public static StepMeter Meter() => new(new ServiceMetrics(new AppIdentity("test")), TimeProvider.System);

    public static SeriesIdentity Series(string workload, string name = "cpu") =>
        new(name, SignalKind.Cpu, "cores", new([new("namespace", "shop"), new("workload", workload)]));

    /// <summary>A frame as the collector answers with it.</summary>
    public static byte[] Frame(DateTimeOffset start, TimeSpan step, params (SeriesIdentity Series, double[] Values)[] series) =>
        SampleTableWire.ToBytes(
            new SampleTable(
                start,
                step,
                series.Length == 0 ? 0 : series[0].Values.Length,
                [.. series.Select(s => new WatchedSeries(s.Series, DetectionRule.Any))],
                [.. series.SelectMany(s => s.Values)]
            )
        );

    /// <summary>A day's wave with noise of its own for each workload, by the time of a sample.</summary>
    public static double[] Wave(string workload, DateTimeOffset start, TimeSpan step, int count)
    {
        var random = new Core.Numerics.Xoshiro256((ulong)workload.Sum(c => c));
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => 1 + (0.3 * Math.Sin((start + (i * step)).TimeOfDay.TotalDays * 2 * Math.PI)) + (0.02 * random.NextDouble())),
        ];
    }

    /// <summary>Keeps frames as the collect step does.</summary>
    public static async Task<CollectedData> KeepAsync(
        ArtifactStore artifacts,
        TrainingPlan plan,
        byte[] fine,
        byte[]? coarse,
        TimeSpan step,
        string digest = "0123456789abcdef0123456789abcdef"
    )
    {
        List<FrameReference> frames = [new("cpu", false, await artifacts.SaveAsync($"{plan.InstanceId}/fine", fine, CancellationToken.None))];
        if (coarse is not null)
            frames.Add(new("cpu", true, await artifacts.SaveAsync($"{plan.InstanceId}/coarse", coarse, CancellationToken.None)));
        return new("http://prometheus", step, frames, 1, 1, [], digest, 0);
    }

    /// <summary>The frames of four workloads over the whole of a plan.</summary>
    public static Task<CollectedData> KeepWavesAsync(ArtifactStore artifacts, TrainingPlan plan) =>
        KeepAsync(
            artifacts,
            plan,
            Waves(TimeGrid.Floor(plan.FineFrom, Step), Step, plan.Window),
            Waves(TimeGrid.Floor(plan.CoarseFrom, TrainingPlan.CoarseStep), TrainingPlan.CoarseStep, plan.CoarseWindow),
            Step
        );

    private static byte[] Waves(DateTimeOffset start, TimeSpan step, TimeSpan window) =>
        Frame(start, step, [.. new[] { "a", "b", "c", "d" }.Select(w => (Series(w), Wave(w, start, step, (int)(window / step) + 1)))]);
}
