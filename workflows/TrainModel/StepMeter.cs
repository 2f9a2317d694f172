using Dapr.Anomaly.Platform.Telemetry;
using Prometheus;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>Measures the steps of trainings: their duration for the workflow's status, and counters for dashboards and rules.</summary>
public sealed class StepMeter(ServiceMetrics metrics, TimeProvider time)
{
    private readonly Histogram _duration = metrics.Factory.CreateHistogram(
        MetricNames.TrainingDuration,
        "Duration of a training step.",
        new HistogramConfiguration { LabelNames = ["step"], Buckets = Histogram.ExponentialBuckets(0.1, 2, 14) }
    );

    private readonly Counter _runs = metrics.Factory.CreateCounter(
        MetricNames.TrainingRuns,
        "Training steps by result; the step \"deploy\" ends a run.",
        "step",
        "result"
    );

    /// <param name="step">Name in <see cref="TrainingProgress"/>.</param>
    /// <param name="work">Gets a function that tells the seconds gone by so far.</param>
    public async Task<T> MeasureAsync<T>(string step, Func<Func<double>, Task<T>> work)
    {
        var begun = time.GetTimestamp();
        var succeeded = false;
        try
        {
            var result = await work(() => time.GetElapsedTime(begun).TotalSeconds);
            succeeded = true;
            return result;
        }
        finally
        {
            _duration.WithLabels(step).Observe(time.GetElapsedTime(begun).TotalSeconds);
            _runs.WithLabels(step, succeeded ? "succeeded" : "failed").Inc();
        }
    }
}
