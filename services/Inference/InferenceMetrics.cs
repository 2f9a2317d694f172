using Dapr.Anomaly.Platform.Telemetry;
using Prometheus;

namespace Dapr.Anomaly.Inference;

internal sealed class InferenceMetrics(ServiceMetrics metrics)
{
    public Histogram Duration { get; } =
        metrics.Factory.CreateHistogram(
            MetricNames.InferenceDuration,
            "Time to score one batch.",
            new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(0.0005, 2, 14) }
        );

    public Counter Predictions { get; } = metrics.Factory.CreateCounter(MetricNames.Predictions, "Samples scored.", "kind");

    public Counter Anomalies { get; } = metrics.Factory.CreateCounter(MetricNames.AnomaliesDetected, "Samples scored above 1.", "kind");

    public Counter Failures { get; } =
        metrics.Factory.CreateCounter(MetricNames.InferenceFailures, "Batches that could not be scored, models that could not be loaded.", "reason");

    public Gauge Accuracy { get; } =
        metrics.Factory.CreateGauge(MetricNames.ModelAccuracy, "Figures of the served model on held-out data of its training.", "metric");

    public Gauge Loaded { get; } =
        metrics.Factory.CreateGauge(MetricNames.ModelLoaded, "When the served model was loaded, seconds since 1970.", "version");
}
