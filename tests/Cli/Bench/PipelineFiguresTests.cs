using Dapr.Anomaly.Cli.Bench.Pipeline;

namespace Dapr.Anomaly.Cli.Tests.Bench;

public sealed class PipelineFiguresTests
{
    private const string Before = """
        # HELP anomaly_detector_sample_to_score_seconds Time.
        # TYPE anomaly_detector_sample_to_score_seconds histogram
        anomaly_detector_sample_to_score_seconds_sum{app="featurizer"} 5
        anomaly_detector_sample_to_score_seconds_count{app="featurizer"} 10
        anomaly_detector_sample_to_score_seconds_bucket{app="featurizer",le="0.1"} 0
        anomaly_detector_sample_to_score_seconds_bucket{app="featurizer",le="0.2"} 10
        anomaly_detector_sample_to_score_seconds_bucket{app="featurizer",le="+Inf"} 10
        anomaly_detector_stage_cpu_seconds_total{app="featurizer",stage="score"} 1
        """;

    private const string After = """
        anomaly_detector_sample_to_score_seconds_count{app="featurizer"} 210
        anomaly_detector_sample_to_score_seconds_bucket{app="featurizer",le="0.1"} 100
        anomaly_detector_sample_to_score_seconds_bucket{app="featurizer",le="0.2"} 210
        anomaly_detector_sample_to_score_seconds_bucket{app="featurizer",le="+Inf"} 210
        anomaly_detector_stage_cpu_seconds_total{app="featurizer",stage="score"} 1.002
        anomaly_detector_stage_cpu_seconds_total{app="featurizer",stage="made_up"} 0.001
        anomaly_detector_samples_collected_total{app="collector"} 200
        """;

    private const string Collector = """anomaly_detector_stage_cpu_seconds_total{app="collector",stage="collect"} 0.004""";

    private static readonly PipelineOptions Options = new(100, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30), Train: false, 100);

    [Fact]
    public void Figures_OfTwoScrapes_AreASamplesShareOfWhatGrew()
    {
        var grown = MetricText.Parse([After, Collector]).Since(MetricText.Parse([Before]));
        var result = PipelineFigures.Of(
            Options,
            TimeSpan.FromSeconds(30.1),
            grown,
            cpu: TimeSpan.FromMilliseconds(60),
            idle: TimeSpan.FromMilliseconds(1),
            pauses: [3, 1, 2],
            (Main: 300_000_000, Trainer: 90_000_000, Empty: 200_000_000),
            training: null
        );

        Assert.Equal(new PipelineSamples(200, 200, 200, 0), result.Samples);
        Assert.Equal(["collect", "score", "made_up"], result.Cpu.Stages.Select(s => s.Stage));
        Assert.Equal([20.0, 10.0, 5.0], result.Cpu.Stages.Select(s => Math.Round(s.MicrosecondsPerSample, 6)));
        Assert.Equal(300, result.Cpu.Total, 6);
        Assert.Equal(149.5, result.Cpu.WithoutIdle, 6);
        Assert.Equal(114.5, result.Cpu.TransportAndRest, 6);
        Assert.Equal(100, result.Latency.P50Ms!.Value, 6);
        Assert.Equal(200, result.Latency.MaxMs!.Value, 6);
        Assert.Equal(new PipelinePauses(3, 2, 3, 6), result.GcPauses);
        Assert.Equal(1_000_000, result.Memory.BytesPerSeries, 6);
    }

    [Fact]
    public void Figures_NothingScored_SaysThatAllIsLost()
    {
        var result = PipelineFigures.Of(Options, TimeSpan.FromSeconds(30), MetricText.Parse([]), default, default, [], default, training: null);
        Assert.Equal(new PipelineSamples(200, 0, 0, 200), result.Samples);
        Assert.Null(result.Latency.P99Ms);
        Assert.Null(result.Latency.MaxMs);
    }

    [Theory]
    [InlineData(0.5, 1.0)]
    [InlineData(0.75, 1.5)]
    [InlineData(1.0, 2.0)]
    public void Quantile_IsLinearWithinItsBucket(double quantile, double expected) =>
        Assert.Equal(expected, Quantiles.Of([(1, 50), (2, 50), (double.PositiveInfinity, 0)], quantile)!.Value, 9);

    [Fact]
    public void Quantile_BeyondTheLastBound_IsThatBound() => Assert.Equal(2, Quantiles.Of([(2, 1), (double.PositiveInfinity, 99)], 0.99));
}
