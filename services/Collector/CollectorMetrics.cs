using Dapr.Anomaly.Platform.Telemetry;
using Prometheus;

namespace Dapr.Anomaly.Collector;

internal sealed class CollectorMetrics(ServiceMetrics metrics)
{
    public Counter Samples { get; } = metrics.Factory.CreateCounter(MetricNames.SamplesCollected, "Finite samples published.");

    public Counter Unpublished { get; } =
        metrics.Factory.CreateCounter(MetricNames.UnpublishedSamples, "Samples of series whose labels are too long for a message.");

    public Histogram Duration { get; } =
        metrics.Factory.CreateHistogram(
            MetricNames.CollectionDuration,
            "Time to query and publish one collection.",
            new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(0.005, 2, 14) }
        );

    public Counter Failures { get; } = metrics.Factory.CreateCounter(MetricNames.CollectionFailures, "Queries that were not answered.", "reason");

    public Counter Holes { get; } =
        metrics.Factory.CreateCounter(MetricNames.CollectionHoles, "Steps of queries that stay without samples: not answered for more than an hour.");

    public Gauge Last { get; } =
        metrics.Factory.CreateGauge(MetricNames.LastCollection, "Time of the newest published collection, seconds since 1970.");
}
