using Dapr.Anomaly.Platform.Telemetry;
using Prometheus;

namespace Dapr.Anomaly.Featurizer;

internal sealed class FeaturizerMetrics(ServiceMetrics metrics)
{
    /// <summary>Kept for the console: a histogram knows buckets only.</summary>
    private readonly double[] _latest = new double[240];
    private int _count;

    private readonly Histogram _sampleToScore = metrics.Factory.CreateHistogram(
        MetricNames.SampleToScore,
        "Time from a sample's own timestamp to its score.",
        new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(0.005, 1.6, 20) }
    );

    public Gauge Series { get; } = metrics.Factory.CreateGauge(MetricNames.Series, "Series by state.", "state");

    public Counter Failures { get; } = metrics.Factory.CreateCounter(MetricNames.InferenceFailures, "Batches that could not be scored.", "reason");

    public void Scored(TimeSpan sampleToScore, int samples)
    {
        _sampleToScore.Observe(sampleToScore.TotalSeconds, samples);
        lock (_latest)
            _latest[_count++ % _latest.Length] = sampleToScore.TotalSeconds;
    }

    /// <summary>Over the latest 240 batches, or null before the first.</summary>
    public double? SampleToScoreP99
    {
        get
        {
            lock (_latest)
            {
                if (_count == 0)
                    return null;
                var sorted = _latest[..Math.Min(_count, _latest.Length)];
                Array.Sort(sorted);
                return sorted[(int)(0.99 * (sorted.Length - 1))];
            }
        }
    }
}
