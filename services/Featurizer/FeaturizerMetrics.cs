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

    public Counter Refused { get; } =
        metrics.Factory.CreateCounter(MetricNames.RefusedSamples, "Samples that did not reach a window, by the reason.", "reason");

    public Counter Rewound { get; } =
        metrics.Factory.CreateCounter(MetricNames.RewoundWindows, "Windows that had samples in the future of the clock and went back to it.");

    public Counter Forgotten { get; } =
        metrics.Factory.CreateCounter(
            MetricNames.ForgottenSeries,
            "Series that are no longer remembered: ended (their retention is over), room (for a new one), limits (saved under larger ones).",
            "reason"
        );

    public Gauge Memory { get; } = metrics.Factory.CreateGauge(MetricNames.SeriesMemory, "Memory that the series take, estimated.");

    public Counter WindowFailures { get; } =
        metrics.Factory.CreateCounter(MetricNames.WindowFailures, "Times that windows could not be restored or saved.", "step");

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
