using Prometheus;

namespace Dapr.Anomaly.Platform.Telemetry;

/// <summary>Counts what each stage of a sample's path costs: CPU seconds of the work between two awaits, and the samples that it was for.</summary>
public sealed class StageMeter(ServiceMetrics metrics)
{
    private readonly Counter _seconds = metrics.Factory.CreateCounter(
        MetricNames.StageCpu,
        "CPU seconds spent in a stage of the path of a sample.",
        "stage"
    );

    private readonly Counter _samples = metrics.Factory.CreateCounter(MetricNames.StageSamples, "Samples that went through a stage.", "stage");

    /// <summary>Measures until it is disposed, on one thread: no await may lie between.</summary>
    public Measurement Measure(string stage, int samples) => new(this, stage, samples);

    /// <summary>Measures work whose result tells how many samples it was for.</summary>
    public T Measure<T>(string stage, Func<T> work, Func<T, int> samples)
    {
        var begun = ThreadClock.Seconds;
        var result = work();
        _seconds.WithLabels(stage).Inc(Math.Max(0, ThreadClock.Seconds - begun));
        _samples.WithLabels(stage).Inc(samples(result));
        return result;
    }

    public readonly ref struct Measurement(StageMeter meter, string stage, int samples)
    {
        private readonly double _begun = ThreadClock.Seconds;

        public void Dispose()
        {
            meter._seconds.WithLabels(stage).Inc(Math.Max(0, ThreadClock.Seconds - _begun));
            meter._samples.WithLabels(stage).Inc(samples);
        }
    }
}

/// <summary>The stages of a sample's path, in its order.</summary>
public static class Stages
{
    public const string Collect = "collect";
    public const string Encode = "encode";
    public const string Decode = "decode";
    public const string Append = "append";
    public const string Extract = "extract";
    public const string Score = "score";
    public const string Decide = "decide";
    public const string Publish = "publish";
    public const string Incidents = "incidents";

    public static readonly IReadOnlyList<string> All = [Collect, Encode, Decode, Append, Extract, Score, Decide, Publish, Incidents];
}
