using Dapr.Anomaly.Platform.State;
using Dapr.Anomaly.Platform.Telemetry;
using Prometheus;

namespace Dapr.Anomaly.Workflows.TrainModel;

/// <summary>Runs the steps of trainings: tells refusals from faults, and measures durations for the workflow's status, for dashboards and for
/// rules.</summary>
public sealed class StepMeter(ServiceMetrics metrics, TimeProvider time)
{
    private readonly Histogram _duration = metrics.Factory.CreateHistogram(
        MetricNames.TrainingDuration,
        "Duration of a training step.",
        new HistogramConfiguration { LabelNames = ["step"], Buckets = Histogram.ExponentialBuckets(0.1, 2, 14) }
    );

    private readonly Counter _runs = metrics.Factory.CreateCounter(
        MetricNames.TrainingRuns,
        "Training steps by result (succeeded, refused, failed); the step \"deploy\" ends a run.",
        "step",
        "result"
    );

    /// <param name="step">Name in <see cref="TrainingProgress"/>.</param>
    /// <param name="work">Gets a function that tells the seconds gone by so far. A <see cref="TrainingException"/> refuses; everything else is a
    /// fault.</param>
    public async Task<StepOutcome<T>> RunAsync<T>(string step, Func<Func<double>, Task<T>> work)
        where T : class
    {
        var begun = time.GetTimestamp();
        var result = "failed";
        try
        {
            var value = await work(() => time.GetElapsedTime(begun).TotalSeconds);
            result = "succeeded";
            return new(value, null);
        }
        catch (TrainingException refusal)
        {
            result = "refused";
            return new(null, refusal.Message);
        }
        catch (ArtifactException lost)
        {
            // What an earlier step left is gone or changed: only running that step again would bring it back.
            result = "refused";
            return new(null, $"{lost.Message}; start the training again");
        }
        finally
        {
            _duration.WithLabels(step).Observe(time.GetElapsedTime(begun).TotalSeconds);
            _runs.WithLabels(step, result).Inc();
        }
    }
}
